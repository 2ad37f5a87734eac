// Plain values as bytes, for another process of the same build: little-endian, one after another, without names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "headrace/base/error.h"

namespace headrace {

class ByteWriter {
 public:
  template <typename T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T>);
    put_bytes({reinterpret_cast<const char*>(&value), sizeof value});
  }
  /// The number of values, then the values.
  template <typename T>
  void put_all(std::span<const T> values) {
    static_assert(std::is_arithmetic_v<T>);
    put<std::uint64_t>(values.size());
    put_bytes({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  void put_text(std::string_view text) {
    put<std::uint64_t>(text.size());
    put_bytes(text);
  }
  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  void put_bytes(std::string_view bytes) { bytes_.append(bytes); }

  std::string bytes_;
};

/// Reads what a ByteWriter wrote. Throws Error(kBadData) naming `what` where bytes are missing, and never makes room
/// for more than there are.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, std::string_view what) : bytes_(bytes), what_(what) {}

  template <typename T>
  T get() {
    static_assert(std::is_arithmetic_v<T>);
    T value;
    std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  template <typename T>
  std::vector<T> get_all() {
    auto count = get<std::uint64_t>();
    if (count > bytes_.size() / sizeof(T)) refuse();
    std::vector<T> values(count);
    std::string_view bytes = take(count * sizeof(T));
    if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  std::string_view get_text() {
    auto size = get<std::uint64_t>();
    if (size > bytes_.size()) refuse();
    return take(size);
  }
  bool is_at_end() const { return bytes_.empty(); }
  /// Throws: the bytes are not what they should be.
  [[noreturn]] void refuse() const {
    throw Error(ErrorCode::kBadData, "these bytes are not " + std::string(what_),
                "take them from a process of the same version of Headrace");
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) refuse();
    std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  std::string_view what_;
};

}  // namespace headrace
