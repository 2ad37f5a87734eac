// Decompresses the bodies of pages.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <arrow/util/type_fwd.h>

namespace headrace {

class PageCodec {
 public:
  /// Throws PageError for a codec that Arrow was built without.
  explicit PageCodec(arrow::Compression::type compression);
  PageCodec(PageCodec&& other) noexcept;
  ~PageCodec();

  bool is_none() const;
  /// Fills `out`; throws PageError unless `in` holds just that. Both have kPageSlackBytes behind them. Requires: not
  /// is_none().
  void decompress(std::span<const std::byte> in, std::span<std::byte> out);

 private:
  arrow::Compression::type compression_;
  std::unique_ptr<arrow::util::Codec> codec_;  // of those that Arrow decompresses
};

}  // namespace headrace
