// Frames pages: header, checksum, compression.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <arrow/util/compression.h>
#include <parquet/types.h>

#include "headrace/io/parquet/write/growing_bytes.h"

namespace headrace {

/// What pages take in the file, headers included.
struct PageBytes {
  std::int64_t plain = 0;  // before compression
  std::int64_t stored = 0;
};

class PageSink {
 public:
  /// `codec` may be nullptr: no compression.
  PageSink(std::shared_ptr<arrow::util::Codec> codec, const std::shared_ptr<MemoryBudget>& memory)
      : codec_(std::move(codec)), compressed_(memory) {}

  /// Appends a data page (version 1) with `body`, levels and values, to `out`.
  PageBytes put_data_page(const GrowingBytes& body, std::int64_t entry_count, parquet::Encoding::type encoding,
                          GrowingBytes& out);
  /// Appends a dictionary page with the plain values `body` to `out`.
  PageBytes put_dictionary_page(const GrowingBytes& body, std::size_t value_count, GrowingBytes& out);

 private:
  std::span<const std::byte> compress(const GrowingBytes& body);
  PageBytes finish(const GrowingBytes& body, std::span<const std::byte> stored, GrowingBytes& out) const;

  std::shared_ptr<arrow::util::Codec> codec_;
  GrowingBytes compressed_;
  std::string header_;
};

}  // namespace headrace
