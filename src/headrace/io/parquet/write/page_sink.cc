// See page_sink.h. The numbers of fields and types are those of Parquet's parquet.thrift.
#include "headrace/io/parquet/write/page_sink.h"

#include <limits>

#include <arrow/result.h>
#include <fmt/format.h>
#include <isa-l/crc.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/column/arrow.h"
#include "headrace/io/parquet/write/thrift_compact_writer.h"

namespace headrace {
namespace {

constexpr std::int32_t kDataPage = 0;
constexpr std::int32_t kDictionaryPage = 2;

std::int32_t page_size(std::size_t size_bytes) {
  if (size_bytes <= std::numeric_limits<std::int32_t>::max()) return static_cast<std::int32_t>(size_bytes);
  throw Error(ErrorCode::kBadData,
              fmt::format("a row takes {}, a page of Parquet holds at most 2 GiB", format_bytes(size_bytes)),
              "write fewer or shorter lists and texts");
}

/// The checksum of a page, of its stored bytes; signed, as the header has it.
std::int32_t page_checksum(std::span<const std::byte> stored) {
  const unsigned char* bytes = reinterpret_cast<const unsigned char*>(stored.data());
  return static_cast<std::int32_t>(crc32_gzip_refl(0, bytes, stored.size()));
}

void put_sizes(ThriftCompactWriter& writer, std::int32_t type, std::size_t plain, std::span<const std::byte> stored) {
  writer.begin_struct();
  writer.field_i32(1, type);
  writer.field_i32(2, page_size(plain));
  writer.field_i32(3, page_size(stored.size()));
  writer.field_i32(4, page_checksum(stored));
}

}  // namespace

std::span<const std::byte> PageSink::compress(const GrowingBytes& body) {
  if (!codec_) return body.bytes();
  const std::uint8_t* bytes = reinterpret_cast<const std::uint8_t*>(body.data());
  std::int64_t size = static_cast<std::int64_t>(body.size());
  std::int64_t room = codec_->MaxCompressedLen(size, bytes);
  compressed_.clear();
  std::uint8_t* out = reinterpret_cast<std::uint8_t*>(compressed_.room(static_cast<std::size_t>(room)));
  std::int64_t stored = unwrap(codec_->Compress(size, bytes, room, out), "cannot compress a page");
  compressed_.add(static_cast<std::size_t>(stored));
  return compressed_.bytes();
}

PageBytes PageSink::finish(const GrowingBytes& body, std::span<const std::byte> stored, GrowingBytes& out) const {
  out.append(header_.data(), header_.size());
  out.append(stored.data(), stored.size());
  return {static_cast<std::int64_t>(header_.size() + body.size()),
          static_cast<std::int64_t>(header_.size() + stored.size())};
}

PageBytes PageSink::put_data_page(const GrowingBytes& body, std::int64_t entry_count, parquet::Encoding::type encoding,
                                  GrowingBytes& out) {
  std::span<const std::byte> stored = compress(body);
  header_.clear();
  ThriftCompactWriter writer(header_);
  put_sizes(writer, kDataPage, body.size(), stored);
  writer.field_struct(5);
  writer.field_i32(1, static_cast<std::int32_t>(entry_count));
  writer.field_i32(2, encoding);
  writer.field_i32(3, parquet::Encoding::RLE);
  writer.field_i32(4, parquet::Encoding::RLE);
  writer.end_struct();
  writer.end_struct();
  return finish(body, stored, out);
}

PageBytes PageSink::put_dictionary_page(const GrowingBytes& body, std::size_t value_count, GrowingBytes& out) {
  std::span<const std::byte> stored = compress(body);
  header_.clear();
  ThriftCompactWriter writer(header_);
  put_sizes(writer, kDictionaryPage, body.size(), stored);
  writer.field_struct(7);
  writer.field_i32(1, static_cast<std::int32_t>(value_count));
  writer.field_i32(2, parquet::Encoding::PLAIN);
  writer.end_struct();
  writer.end_struct();
  return finish(body, stored, out);
}

}  // namespace headrace
