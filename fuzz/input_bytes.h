// The bytes of a fuzzer's input as a structure-aware target takes them: one after another, zeros at the end.
#pragma once

#include <cstdint>
#include <string_view>

namespace headrace {

class InputBytes {
 public:
  explicit InputBytes(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    std::uint8_t value = static_cast<std::uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return value;
  }
  /// Two bytes, little-endian.
  std::uint32_t word() {
    std::uint32_t low = byte();
    return low | static_cast<std::uint32_t>(byte()) << 8;
  }
  /// The next `size` bytes, or what is left.
  std::string_view take(std::size_t size) {
    std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view bytes_;
};

}  // namespace headrace
