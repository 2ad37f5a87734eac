// Our snappy against Arrow's.
#include "headrace/io/parquet/page/snappy.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/util/compression.h>
#include <doctest/doctest.h>

namespace headrace {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes compressed(arrow::util::Codec& codec, const Bytes& plain) {
  std::int64_t plain_bytes = static_cast<std::int64_t>(plain.size());
  Bytes packed(static_cast<std::size_t>(codec.MaxCompressedLen(plain_bytes, plain.data())));
  auto size = codec.Compress(plain_bytes, plain.data(), static_cast<std::int64_t>(packed.size()), packed.data());
  packed.resize(static_cast<std::size_t>(size.ValueOrDie()));
  return packed;
}

/// Whether `packed` decompresses to `size` bytes, which are left in `plain`.
bool by_us(Bytes packed, std::size_t size, Bytes& plain) {
  std::size_t packed_bytes = packed.size();
  packed.resize(packed_bytes + kSnappySlackBytes);
  plain.assign(size + kSnappySlackBytes, 0);
  bool done = snappy_decompress(std::as_bytes(std::span(packed)).first(packed_bytes),
                                std::as_writable_bytes(std::span(plain)).first(size));
  plain.resize(size);
  return done;
}

bool by_arrow(arrow::util::Codec& codec, const Bytes& packed, std::size_t size, Bytes& plain) {
  plain.assign(size, 0);
  auto got = codec.Decompress(static_cast<std::int64_t>(packed.size()), packed.data(), static_cast<std::int64_t>(size),
                              plain.data());
  return got.ok() && *got == static_cast<std::int64_t>(size);
}

/// Bytes with repetitions near and far, overlapping ones too.
Bytes sample(std::mt19937_64& random, std::size_t size) {
  Bytes bytes;
  while (bytes.size() < size) {
    std::size_t count = 1 + random() % (random() % 8 == 0 ? 300 : 20);
    std::size_t back = 1 + random() % (random() % 2 == 0 ? 20 : 70000);
    for (std::size_t i = 0; i < count; ++i) {
      bool copies = back <= bytes.size() && count % 3 != 0;
      bytes.push_back(copies ? bytes[bytes.size() - back] : static_cast<std::uint8_t>(random()));
    }
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

TEST_CASE("what Arrow compresses with snappy decompresses to the same bytes") {
  auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  std::mt19937_64 random(21);
  for (std::size_t size : {0, 1, 2, 15, 16, 17, 60, 61, 64, 65, 100, 255, 256, 1000, 5000, 65536, 70000, 200000}) {
    for (int round = 0; round < 5; ++round) {
      CAPTURE(size);
      Bytes plain = sample(random, size);
      Bytes out;
      CHECK(by_us(compressed(*codec, plain), size, out));
      CHECK((out == plain));
    }
  }
}

TEST_CASE("elements of every kind, length and distance decompress, or are refused, as Arrow's snappy says") {
  auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  std::mt19937_64 random(22);
  int valid = 0;
  for (int round = 0; round < 20000; ++round) {
    // Elements at random, some of them with too much of a good thing.
    Bytes body;
    std::size_t size = 0;
    for (std::uint64_t left = 1 + random() % 6; left > 0; --left) {
      std::uint8_t tag = static_cast<std::uint8_t>(random());
      if (size == 0 && random() % 50 != 0) tag = static_cast<std::uint8_t>(tag & 0xfc);
      body.push_back(tag);
      std::size_t length = (tag >> 2) + 1U;
      if ((tag & 3) == 0) {
        std::size_t more_bytes = length > 60 ? length - 60 : 0;
        if (more_bytes > 0) {
          length = 1 + random() % 200;
          for (std::size_t i = 0; i < more_bytes; ++i)
            body.push_back(static_cast<std::uint8_t>((length - 1) >> (8 * i)));
        }
        for (std::size_t i = 0; i < length; ++i) body.push_back(static_cast<std::uint8_t>(random()));
      } else {
        std::size_t bytes = (tag & 3) == 1 ? 1 : (tag & 3) == 2 ? 2 : 4;
        if (bytes == 1) length = 4 + ((tag >> 2) & 7U);
        std::size_t back = random() % (size + 2);
        if (bytes == 1) body.back() = static_cast<std::uint8_t>((tag & 0x1f) | ((back >> 8 & 7) << 5));
        for (std::size_t i = 0; i < bytes; ++i) body.push_back(static_cast<std::uint8_t>(back >> (8 * i)));
      }
      size += length;
    }
    if (random() % 20 == 0) ++size;
    if (random() % 20 == 0) body.pop_back();
    Bytes packed;
    std::size_t rest = size;
    for (; rest >= 0x80; rest >>= 7) packed.push_back(static_cast<std::uint8_t>(rest | 0x80));
    packed.push_back(static_cast<std::uint8_t>(rest));
    packed.insert(packed.end(), body.begin(), body.end());
    Bytes ours;
    Bytes theirs;
    bool is_valid = by_arrow(*codec, packed, size, theirs);
    REQUIRE(by_us(packed, size, ours) == is_valid);
    if (is_valid) REQUIRE((ours == theirs));
    valid += is_valid ? 1 : 0;
  }
  CHECK(valid > 5000);
  CHECK(valid < 19000);
}

TEST_CASE("damaged snappy blocks decompress to something or are refused, as Arrow's snappy says") {
  auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  std::mt19937_64 random(23);
  for (int round = 0; round < 3000; ++round) {
    Bytes packed = compressed(*codec, sample(random, 1 + random() % 3000));
    std::size_t size = 0;
    for (std::size_t i = 0; i < 3 && i < packed.size(); ++i) {
      size |= std::size_t{packed[i] & 0x7fU} << (7 * i);
      if (packed[i] < 0x80) break;
    }
    for (std::uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
      packed[random() % packed.size()] ^= static_cast<std::uint8_t>(1 << random() % 8);
    }
    Bytes ours;
    Bytes theirs;
    bool is_valid = by_arrow(*codec, packed, size, theirs);
    REQUIRE(by_us(packed, size, ours) == is_valid);
    if (is_valid) REQUIRE((ours == theirs));
  }
}

}  // namespace headrace
