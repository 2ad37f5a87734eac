// The header of a page, as it stands in front of each page of a column chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace headrace {

/// Parquet's numbers.
enum class PageKind : std::int32_t { kDataV1 = 0, kIndex = 1, kDictionary = 2, kDataV2 = 3 };
enum class PageEncoding : std::int32_t {
  kPlain = 0,
  kPlainDictionary = 2,
  kRle = 3,
  kBitPacked = 4,
  kDeltaBinaryPacked = 5,
  kDeltaLengthByteArray = 6,
  kDeltaByteArray = 7,
  kRleDictionary = 8,
  kByteStreamSplit = 9,
};

struct PageHeader {
  PageKind kind = PageKind::kIndex;
  std::int32_t uncompressed_bytes = 0;
  std::int32_t compressed_bytes = 0;
  std::optional<std::uint32_t> crc;
  // Of data and dictionary pages:
  std::int32_t value_count = 0;  // nulls, and empty lists, counted as one
  PageEncoding encoding = PageEncoding::kPlain;
  // Of data pages V1:
  PageEncoding definition_encoding = PageEncoding::kRle;
  PageEncoding repetition_encoding = PageEncoding::kRle;
  // Of data pages V2:
  std::int32_t null_count = 0;
  std::int32_t row_count = 0;
  std::int32_t definition_bytes = 0;
  std::int32_t repetition_bytes = 0;
  bool is_compressed = true;

  std::size_t header_bytes = 0;  // of the header itself
};

/// The header that `bytes` start with; throws PageError when they hold none, nothing when they end within it (then
/// read again with more bytes).
std::optional<PageHeader> parse_page_header(std::span<const std::byte> bytes);

}  // namespace headrace
