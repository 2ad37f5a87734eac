// See lz4.h. Arrow brings the codec.
#include "headrace/io/lz4.h"

#include <cstdint>
#include <memory>

#include <arrow/util/compression.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"

namespace headrace {
namespace {

/// Arrow's raw LZ4 codec keeps no state between calls.
arrow::util::Codec& codec() {
  static const std::unique_ptr<arrow::util::Codec> kCodec =
      unwrap(arrow::util::Codec::Create(arrow::Compression::LZ4), "cannot use LZ4");
  return *kCodec;
}

const std::uint8_t* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

std::int64_t size_of(std::span<const std::byte> bytes) { return static_cast<std::int64_t>(bytes.size()); }

}  // namespace

std::size_t lz4_bytes_max(std::size_t input_bytes) {
  return static_cast<std::size_t>(codec().MaxCompressedLen(static_cast<std::int64_t>(input_bytes), nullptr));
}

std::size_t lz4_compress(std::span<const std::byte> input, std::span<std::byte> output) {
  auto* out = reinterpret_cast<std::uint8_t*>(output.data());
  return static_cast<std::size_t>(
      unwrap(codec().Compress(size_of(input), raw(input), size_of(output), out), "cannot compress with LZ4"));
}

void lz4_decompress(std::span<const std::byte> input, std::span<std::byte> output) {
  auto* out = reinterpret_cast<std::uint8_t*>(output.data());
  arrow::Result<std::int64_t> size = codec().Decompress(size_of(input), raw(input), size_of(output), out);
  if (!size.ok() || *size != size_of(output)) throw Error(ErrorCode::kIo, "an LZ4 block is damaged");
}

}  // namespace headrace
