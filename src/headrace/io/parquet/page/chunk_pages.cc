// See chunk_pages.h.
#include "headrace/io/parquet/page/chunk_pages.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <isa-l/crc.h>

#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/snappy.h"

namespace headrace {
namespace {

static_assert(kSnappySlackBytes <= kPageSlackBytes);

/// What is read from the file at a time, at least: small enough to stay in the cache until it is decompressed.
constexpr std::size_t kPieceBytes = 512 << 10;
constexpr std::size_t kHeaderBytesMin = 128;
constexpr std::size_t kHeaderBytesMax = 16 << 20;
constexpr std::size_t kLevelLengthBytes = 4;

std::size_t size_of(std::int32_t bytes) { return static_cast<std::size_t>(bytes); }

void check_crc(const PageHeader& header, std::span<const std::byte> body) {
  if (!header.crc) return;
  std::uint32_t crc = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(body.data()), body.size());
  if (crc != *header.crc) damaged_page("the checksum of a page is wrong");
}

/// The levels in front of the values of a page V1.
std::span<const std::byte> take_levels(std::span<const std::byte>& body, PageEncoding encoding) {
  if (encoding != PageEncoding::kRle) throw PageUnsupported("levels that are not run-length encoded");
  std::uint32_t size_bytes = 0;
  if (body.size() < kLevelLengthBytes) damaged_page("the levels of a page end too early");
  std::memcpy(&size_bytes, body.data(), sizeof(size_bytes));
  body = body.subspan(kLevelLengthBytes);
  if (body.size() < size_bytes) damaged_page("the levels of a page end too early");
  std::span<const std::byte> levels = body.first(size_bytes);
  body = body.subspan(size_bytes);
  return levels;
}

}  // namespace

ChunkPages::ChunkPages(const InputFile& file, const ChunkPlace& place, PageCodec codec, MemoryBudget& memory,
                       ScratchPool* pool)
    : file_(file),
      place_(place),
      codec_(std::move(codec)),
      window_(memory, pool),
      unread_bytes_(static_cast<std::size_t>(place.compressed_bytes)),
      body_(memory, pool) {
  std::int64_t file_bytes = file.size_bytes();
  bool lies_within = place.offset >= 0 && place.offset <= file_bytes && place.compressed_bytes >= 0 &&
                     place.compressed_bytes <= file_bytes - place.offset && place.value_count >= 0;
  if (!lies_within) damaged_page("its pages lie outside the file");
}

/// The next `size_bytes` bytes or more, not yet used.
std::span<const std::byte> ChunkPages::have(std::size_t size_bytes) {
  if (size_bytes > bytes_left()) damaged_page("a page ends behind its column chunk");
  std::size_t held = window_bytes_ - at_;
  if (held < size_bytes) {
    std::size_t wanted = std::max(size_bytes, std::min(kPieceBytes, bytes_left()));
    if (at_ > 0) std::memmove(window_.data(), window_.data() + at_, held);
    at_ = 0;
    window_bytes_ = held;
    std::byte* bytes = window_.reserve(wanted, held);
    std::size_t missing = wanted - held;
    std::int64_t offset = place_.offset + place_.compressed_bytes - static_cast<std::int64_t>(unread_bytes_);
    file_.read_at(offset, {bytes + held, missing});
    window_bytes_ += missing;
    unread_bytes_ -= missing;
    bytes_read_ += static_cast<std::int64_t>(missing);
  }
  return {window_.data() + at_, window_bytes_ - at_};
}

PageHeader ChunkPages::read_header() {
  std::size_t size_bytes = std::min(kHeaderBytesMin, bytes_left());
  while (true) {
    std::span<const std::byte> bytes = have(size_bytes);
    if (std::optional<PageHeader> header = parse_page_header(bytes)) {
      at_ += header->header_bytes;
      return *header;
    }
    if (bytes.size() >= bytes_left() || bytes.size() >= kHeaderBytesMax) damaged_page("a page header ends too early");
    size_bytes = std::min(bytes.size() * 2, bytes_left());
  }
}

void ChunkPages::check_sizes(const PageHeader& header) const {
  if (size_of(header.compressed_bytes) > bytes_left()) damaged_page("a page ends behind its column chunk");
  if (header.uncompressed_bytes > place_.uncompressed_bytes) {
    damaged_page(fmt::format("a page of {} bytes in a column chunk of {}", header.uncompressed_bytes,
                             place_.uncompressed_bytes));
  }
  if (header.kind != PageKind::kDictionary && header.value_count > place_.value_count - values_seen_) {
    damaged_page(fmt::format("it has more values than the {} that the footer says", place_.value_count));
  }
}

std::span<const std::byte> ChunkPages::decompress(std::span<const std::byte> packed, std::size_t size_bytes) {
  std::byte* out = body_.reserve(size_bytes);
  if (size_bytes > 0) codec_.decompress(packed, {out, size_bytes});
  return {out, size_bytes};
}

void ChunkPages::split_v1(Page& page, std::span<const std::byte> body) {
  const PageHeader& header = page.header;
  std::size_t size_bytes = size_of(header.uncompressed_bytes);
  if (codec_.is_none() && body.size() != size_bytes) damaged_page("a page has two sizes");
  std::span<const std::byte> plain = codec_.is_none() ? body : decompress(body, size_bytes);
  if (!page.is_dictionary()) {
    if (place_.repetition_max > 0) page.repetition_levels = take_levels(plain, header.repetition_encoding);
    if (place_.definition_max > 0) page.definition_levels = take_levels(plain, header.definition_encoding);
  }
  page.values = plain;
}

void ChunkPages::split_v2(Page& page, std::span<const std::byte> body) {
  const PageHeader& header = page.header;
  std::size_t repetition = size_of(header.repetition_bytes);
  std::size_t definition = size_of(header.definition_bytes);
  std::size_t size_bytes = size_of(header.uncompressed_bytes);
  bool fits = repetition <= body.size() && definition <= body.size() - repetition && repetition <= size_bytes &&
              definition <= size_bytes - repetition;
  if (!fits) damaged_page("the levels of a page end behind it");
  page.repetition_levels = body.first(repetition);
  page.definition_levels = body.subspan(repetition, definition);
  body = body.subspan(repetition + definition);
  size_bytes -= repetition + definition;
  bool is_plain = codec_.is_none() || !header.is_compressed;
  if (is_plain && body.size() != size_bytes) damaged_page("a page has two sizes");
  page.values = is_plain ? body : decompress(body, size_bytes);
}

bool ChunkPages::next(Page& page) {
  while (true) {
    if (values_seen_ == place_.value_count) return false;
    if (bytes_left() == 0) {
      damaged_page(fmt::format("its pages hold {} values, the footer says {}", values_seen_, place_.value_count));
    }
    page = Page{};
    page.header = read_header();
    check_sizes(page.header);
    std::size_t body_bytes = size_of(page.header.compressed_bytes);
    std::span<const std::byte> body = have(body_bytes).first(body_bytes);
    at_ += body_bytes;
    switch (page.header.kind) {
      case PageKind::kDictionary:
      case PageKind::kDataV1:
        check_crc(page.header, body);
        split_v1(page, body);
        break;
      case PageKind::kDataV2:
        check_crc(page.header, body);
        split_v2(page, body);
        break;
      default: continue;  // Pages of other kinds hold no values.
    }
    if (!page.is_dictionary()) values_seen_ += page.header.value_count;
    return true;
  }
}

}  // namespace headrace
