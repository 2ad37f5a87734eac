// See wire.h.
#include "headrace/io/tfrecord/wire.h"

#include <isa-l/crc.h>

namespace headrace {

std::uint32_t masked_crc32c(const void* data, std::size_t size) {
  auto* bytes = const_cast<unsigned char*>(static_cast<const unsigned char*>(data));  // The library only reads.
  std::uint32_t crc = ~crc32_iscsi(bytes, static_cast<int>(size), ~0U);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

}  // namespace headrace
