// See page_codec.h.
#include "headrace/io/parquet/page/page_codec.h"

#include <utility>

#include <arrow/result.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>

#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/snappy.h"

namespace headrace {

PageCodec::PageCodec(arrow::Compression::type compression) : compression_(compression) {
  if (is_none() || compression == arrow::Compression::SNAPPY) return;
  arrow::Result<std::unique_ptr<arrow::util::Codec>> codec = arrow::util::Codec::Create(compression);
  if (!codec.ok()) damaged_page("its codec cannot be used: " + codec.status().message());
  codec_ = *std::move(codec);
}

PageCodec::PageCodec(PageCodec&& other) noexcept = default;
PageCodec::~PageCodec() = default;

bool PageCodec::is_none() const { return compression_ == arrow::Compression::UNCOMPRESSED; }

void PageCodec::decompress(std::span<const std::byte> in, std::span<std::byte> out) {
  if (compression_ == arrow::Compression::SNAPPY) {
    if (!snappy_decompress(in, out)) damaged_page("a page does not decompress");
    return;
  }
  std::int64_t size_bytes = static_cast<std::int64_t>(out.size());
  arrow::Result<std::int64_t> got =
      codec_->Decompress(static_cast<std::int64_t>(in.size()), reinterpret_cast<const std::uint8_t*>(in.data()),
                         size_bytes, reinterpret_cast<std::uint8_t*>(out.data()));
  if (!got.ok()) damaged_page("a page does not decompress: " + got.status().message());
  if (*got != size_bytes) {
    damaged_page(fmt::format("a page decompresses to {} bytes, its header says {}", *got, size_bytes));
  }
}

}  // namespace headrace
