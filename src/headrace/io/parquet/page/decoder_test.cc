// Bit unpacking, runs, deltas, page headers: against encoders that are slow and obviously right.
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/io/parquet/page/bit_unpack.h"
#include "headrace/io/parquet/page/delta_decoder.h"
#include "headrace/io/parquet/page/hybrid_decoder.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/page_header.h"

namespace headrace {
namespace {

using Bytes = std::vector<std::byte>;

Bytes pack(const std::vector<std::uint64_t>& values, int width) {
  Bytes bytes(packed_bytes(values.size(), width));
  std::size_t at = 0;
  for (std::uint64_t value : values) {
    for (int bit = 0; bit < width; ++bit, ++at) {
      if ((value >> bit & 1) != 0) bytes[at / 8] |= static_cast<std::byte>(1 << (at % 8));
    }
  }
  return bytes;
}

void put_varint(Bytes& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<std::byte>((value & 0x7f) | 0x80));
  bytes.push_back(static_cast<std::byte>(value));
}

void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

std::uint64_t random_value(std::mt19937_64& random, int width) { return width == 0 ? 0 : random() >> (64 - width); }

Bytes of(const std::string& text) {
  Bytes bytes;
  for (char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

template <typename T>
void check_widths(int width_max) {
  std::mt19937_64 random(1);
  for (int width = 0; width <= width_max; ++width) {
    for (std::size_t count : {0, 1, 7, 8, 9, 31, 32, 33, 64, 65, 200}) {
      CAPTURE(width);
      CAPTURE(count);
      std::vector<std::uint64_t> values;
      for (std::size_t i = 0; i < count; ++i) values.push_back(random_value(random, width));
      Bytes packed = pack(values, width);  // Of the exact size: what reads on is found by the sanitizers.
      std::vector<T> out(count + 1, T{77});
      unpack_bits(packed.data(), width, count, out.data());
      CHECK(std::equal(values.begin(), values.end(), out.begin()));
      CHECK(out.back() == 77);
    }
  }
}

}  // namespace

TEST_CASE("packed values of every width are unpacked, at every count, without a byte read behind them") {
  check_widths<std::uint8_t>(8);
  check_widths<std::uint32_t>(32);
  check_widths<std::uint64_t>(64);
}

TEST_CASE("runs and packed groups are decoded in steps of any size") {
  std::mt19937_64 random(2);
  for (int width = 0; width <= 32; ++width) {
    CAPTURE(width);
    std::vector<std::uint32_t> expected;
    Bytes bytes;
    for (int part = 0; part < 12; ++part) {
      if (part % 3 == 0) {
        std::uint64_t count = 1 + random() % 100;
        std::uint64_t value = random_value(random, width);
        put_varint(bytes, count << 1);
        append(bytes, pack({value}, width));
        expected.insert(expected.end(), count, static_cast<std::uint32_t>(value));
      } else {
        std::uint64_t groups = 1 + random() % 9;
        std::vector<std::uint64_t> values;
        for (std::uint64_t i = 0; i < groups * 8; ++i) values.push_back(random_value(random, width));
        put_varint(bytes, groups << 1 | 1);
        append(bytes, pack(values, width));
        for (std::uint64_t value : values) expected.push_back(static_cast<std::uint32_t>(value));
      }
    }
    for (std::size_t step : {1, 3, 8, 13, 64, 10000}) {
      HybridDecoder decoder(bytes, width);
      std::vector<std::uint32_t> out(expected.size());
      for (std::size_t at = 0; at < out.size(); at += step) {
        decoder.decode(out.data() + at, std::min(step, out.size() - at));
      }
      CHECK(out == expected);
      CHECK(decoder.at_end());
      std::uint32_t more = 0;
      CHECK_THROWS_AS(decoder.decode(&more, 1), PageError);
    }
  }
}

TEST_CASE("a run that covers a page is passed over, another one is not") {
  Bytes ones = of(std::string("\xc8\x01\x01", 3));  // 100 times 1
  CHECK(HybridDecoder(ones, 1).skip_run_of(1, 100));
  CHECK_FALSE(HybridDecoder(ones, 1).skip_run_of(0, 100));
  CHECK_FALSE(HybridDecoder(ones, 1).skip_run_of(1, 101));
  std::vector<std::uint8_t> out(100);
  HybridDecoder decoder(ones, 1);
  CHECK_FALSE(decoder.skip_run_of(1, 101));
  decoder.decode(out.data(), 100);
  CHECK(out == std::vector<std::uint8_t>(100, 1));
}

TEST_CASE("runs that cannot be are refused") {
  std::vector<std::uint32_t> out(64);
  auto refused = [&](const std::string& bytes, int width) {
    Bytes data = of(bytes);
    CHECK_THROWS_AS(HybridDecoder(data, width).decode(out.data(), 8), PageError);
  };
  refused("", 1);
  refused("\x80", 1);
  refused("\x10", 3);                      // no value
  refused("\x10\x08", 3);                  // a value of 4 bits
  refused("\xff\xff\xff\xff\xff\x01", 1);  // a length of 42 bits
  refused("\x03\x01", 2);                  // 4 values where 8 are wanted
  CHECK_THROWS_AS(HybridDecoder({}, 33), PageError);
}

TEST_CASE("deltas of every width are summed up, in steps of any size") {
  std::mt19937_64 random(3);
  for (int width = 0; width <= 64; ++width) {
    CAPTURE(width);
    std::uint64_t first = random();
    std::uint64_t least = random_value(random, 20);
    std::vector<std::int64_t> expected = {static_cast<std::int64_t>(first)};
    Bytes bytes;
    put_varint(bytes, 128);
    put_varint(bytes, 4);
    put_varint(bytes, 200);
    put_varint(bytes, (first << 1) ^ (~(first >> 63) + 1));
    std::uint64_t last = first;
    for (int block = 0; block < 2; ++block) {
      put_varint(bytes, least << 1);
      int miniblocks = block == 0 ? 4 : 3;  // 199 deltas: 128 and 71
      for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::byte>(i < miniblocks ? width : 99));
      for (int i = 0; i < miniblocks; ++i) {
        std::vector<std::uint64_t> deltas;
        for (int k = 0; k < 32; ++k) deltas.push_back(random_value(random, width));
        append(bytes, pack(deltas, width));
        for (std::uint64_t delta : deltas) {
          last += delta + least;
          if (expected.size() < 200) expected.push_back(static_cast<std::int64_t>(last));
        }
      }
    }
    bytes.push_back(std::byte{42});
    for (std::size_t step : {1, 5, 32, 33, 200}) {
      DeltaDecoder decoder(bytes);
      std::vector<std::int64_t> out(200);
      for (std::size_t at = 0; at < 200; at += step) decoder.decode(out.data() + at, std::min(step, 200 - at));
      CHECK(out == expected);
      CHECK(decoder.values_left() == 0);
      CHECK(decoder.rest().size() == 1);
      CHECK_THROWS_AS(decoder.decode(out.data(), 1), PageError);
    }
    std::vector<std::int64_t> out(200);
    for (std::size_t size = 0; size + 1 < bytes.size(); ++size) {
      auto decode = [&] {
        Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        DeltaDecoder(cut).decode(out.data(), 200);
      };
      if (width == 64 && size == 10) CHECK_THROWS_AS(decode(), PageError);
      if (width == 7) {
        // Behind the 200th value only what fills the last miniblock may be missing.
        if (size + 1 + 25 * 7 / 8 < bytes.size()) CHECK_THROWS_AS(decode(), PageError);
      }
    }
  }
}

TEST_CASE("page headers are parsed, unknown fields skipped, broken ones refused") {
  // {1: 0, 2: 100, 3: 50, 4: crc, 5: {1: 10, 2: 8, 3: 3, 4: 3, 5: statistics}}, and a list in between.
  std::string statistics = std::string(
      "\x1c\x18\x02"
      "ab\x16\x02\x00",
      8);
  std::string whole = std::string("\x15\x00\x15\xc8\x01\x15\x64\x15\x02\x1c\x15\x14\x15\x10\x15\x06\x15\x06", 18) +
                      statistics + std::string("\x00\x59\x25\x02\x04\x00", 6);
  std::optional<PageHeader> header = parse_page_header(of(whole + "more"));
  REQUIRE(header.has_value());
  CHECK(header->kind == PageKind::kDataV1);
  CHECK(header->uncompressed_bytes == 100);
  CHECK(header->compressed_bytes == 50);
  CHECK(header->crc == 1);
  CHECK(header->value_count == 10);
  CHECK(header->encoding == PageEncoding::kRleDictionary);
  CHECK(header->header_bytes == whole.size());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(parse_page_header(of(whole.substr(0, size))).has_value());
  }
  CHECK_THROWS_AS(parse_page_header(of(std::string("\x15\x00\x15\x02\x00", 5))), PageError);          // no size
  CHECK_THROWS_AS(parse_page_header(of(std::string("\x15\x00\x15\x01\x15\x02\x00", 7))), PageError);  // size -1
  CHECK_THROWS_AS(parse_page_header(of(std::string("\x15\x00\x15\x02\x15\x02\x00", 7))), PageError);  // no data header
  CHECK_THROWS_AS(parse_page_header(of("\x1d")), PageError);
  CHECK_THROWS_AS(parse_page_header(of(std::string(100, '\x7c'))), PageError);  // nested too deeply
}

}  // namespace headrace
