// A string or binary column that grows by the texts of pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "headrace/column/column.h"

namespace headrace {

/// Texts as pages hold them: one after another, each behind its length (4 bytes, little-endian), or lengths apart.
struct PackedTexts {
  std::span<const std::byte> bytes;       // kPageSlackBytes behind them may be read
  const std::int32_t* lengths = nullptr;  // of the texts to come, when they stand apart
};

class TextColumn {
 public:
  TextColumn(Type type, MemoryBudget& memory) : type_(std::move(type)), memory_(memory) {}

  /// Starts a column that is expected to have `capacity` rows.
  void begin(std::int64_t capacity);
  /// Appends `count` rows and takes the texts of those with validity 1 (all when it is nullptr) from `texts`. Throws
  /// PageError when they end too early, or reach beyond 2^31 bytes.
  void append(PackedTexts& texts, std::int64_t count, const std::uint8_t* validity);
  /// Appends the entries that codes point to, nothing for codes < 0.
  void append_entries(const Column& entries, std::span<const std::int32_t> codes);
  std::int64_t length() const { return length_; }
  Column finish(std::shared_ptr<const Buffer> validity);

 private:
  std::int32_t* grow(std::int64_t count);
  void reserve_bytes(std::int64_t size_bytes);

  Type type_;
  MemoryBudget& memory_;
  std::shared_ptr<Buffer> offsets_;
  std::shared_ptr<Buffer> bytes_;
  std::int64_t length_ = 0;
  std::int64_t capacity_ = 0;
  std::int64_t bytes_capacity_ = 0;
};

}  // namespace headrace
