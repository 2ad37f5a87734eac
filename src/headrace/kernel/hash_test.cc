// The expected values come from an independent implementation: the Python package xxhash (xxh3_64_intdigest), fed with
// the bytes that hash.h lists (struct.pack("<q", v), struct.pack("<d", v), v.to_bytes(16, "little", signed=True)).

#include "headrace/kernel/hash.h"

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace headrace {

TEST_CASE("a string hashes to XXH3-64 of its bytes, at every length class of the algorithm") {
  CHECK(hash_bytes("") == 0x2d06800538d394c2);
  CHECK(hash_bytes({}) == 0x2d06800538d394c2);
  CHECK(hash_bytes("a") == 0xe6c632b61e964e1f);
  CHECK(hash_bytes("Spam") == 0x154c17599199fee6);
  CHECK(hash_bytes("headrace") == 0xcb57e9962b2bf0aa);
  CHECK(hash_bytes("0123456789abcdef") == 0x64439946d8fa212d);
  CHECK(hash_bytes("0123456789abcdefg") == 0xd2e63ed5466f5c32);
  CHECK(hash_bytes(std::string(128, 'x')) == 0x4ca37e83f6cddd17);
  CHECK(hash_bytes(std::string(129, 'y')) == 0xed2ac973732f0769);
  CHECK(hash_bytes(std::string(240, 'z')) == 0xbf0e0b40af0c6df2);
  CHECK(hash_bytes(std::string(241, 'w')) == 0xe4522033e988b656);
  CHECK(hash_bytes(std::string(1024, 'q')) == 0xda88fb6823527caf);
  CHECK(hash_bytes(std::string(5000, 'r')) == 0xc871f03c414c089f);
  CHECK(hash_bytes("Z\xc3\xbcrich \xe6\x9d\xb1\xe4\xba\xac") == 0x1ab9cf68dec6bd65);
}

TEST_CASE("an integer hashes as eight little-endian bytes") {
  CHECK(hash_int64(0) == 0xc77b3abb6f87acd9);
  CHECK(hash_int64(1) == 0x2fbc593564db792e);
  CHECK(hash_int64(-1) == 0x5111c7e47d784413);
  CHECK(hash_int64(42) == 0xd5a6f8c838df27c8);
  CHECK(hash_int64(2013) == 0x82e90dd16792a8d6);
  CHECK(hash_int64(std::numeric_limits<int64_t>::max()) == 0xa233cf376558df46);
  CHECK(hash_int64(std::numeric_limits<int64_t>::min()) == 0x828f2476789a0e5f);
  CHECK(hash_int64(1357034400000000) == 0xaace0b02f607fdea);
}

TEST_CASE("a float hashes as the eight bytes of its float64") {
  CHECK(hash_float64(0.0) == 0xc77b3abb6f87acd9);
  CHECK(hash_float64(1.0) == 0x620bae6765497e01);
  CHECK(hash_float64(-1.5) == 0xa6adab8826c48a82);
  CHECK(hash_float64(0.1) == 0xc9d73e6076fe03cd);
  CHECK(hash_float64(std::numeric_limits<double>::infinity()) == 0x359afb8a3a239b72);
  CHECK(hash_float64(-std::numeric_limits<double>::infinity()) == 0x966b04ab6a2f4836);
  CHECK(hash_float64(std::numeric_limits<double>::denorm_min()) == 0x2fbc593564db792e);
  CHECK(hash_float64(std::numeric_limits<double>::max()) == 0x6c4a9f832f23c5f7);
  CHECK(hash_float64(1.5f) == hash_float64(1.5));
}

TEST_CASE("negative zero hashes as zero and all NaN hash alike") {
  CHECK(hash_float64(-0.0) == hash_float64(0.0));
  for (uint64_t bits : {0x7ff8000000000000u, 0xfff8000000000000u, 0x7ff0000000000001u, 0xffffffffffffffffu}) {
    CHECK(hash_float64(std::bit_cast<double>(bits)) == 0x0aa61dcfa381c167);
  }
}

TEST_CASE("a decimal hashes as sixteen little-endian bytes") {
  CHECK(hash_decimal128(0, 0) == 0xd0a66a65c7528968);
  CHECK(hash_decimal128(~uint64_t{0}, -1) == 0x722a202f07a4b313);
  CHECK(hash_decimal128(0x46bec9b16e398115, 669260594) == 0x4f1abbe7abb5ceb1);
}

TEST_CASE("a combined hash is XXH3-64 of the part hashes in order") {
  const uint64_t a = hash_bytes("a");
  const uint64_t n = hash_int64(42);
  CHECK(hash_combine({}) == 0x2d06800538d394c2);
  CHECK(hash_combine(std::vector{a}) == 0x85d611bb010d6b42);
  CHECK(hash_combine(std::vector{a, n}) == 0x6bb760eb67d9ef39);
  CHECK(hash_combine(std::vector{n, a}) == 0xd180685fe93b4e65);
  CHECK(hash_combine(std::vector{kNullHash, a}) == 0xe1f78c3c7c243608);
}

TEST_CASE("batches hash as the single values do") {
  const std::vector<int64_t> integers = {0, 1, -1, 42};
  std::vector<uint64_t> hashes(integers.size());
  hash_int64_batch(integers, hashes);
  for (size_t i = 0; i < integers.size(); ++i) CHECK(hashes[i] == hash_int64(integers[i]));

  const std::vector<double> floats = {0.0, -0.0, 0.1, std::numeric_limits<double>::quiet_NaN()};
  hash_float64_batch(floats, hashes);
  for (size_t i = 0; i < floats.size(); ++i) CHECK(hashes[i] == hash_float64(floats[i]));

  const std::string data = "skipabcdefghijklmnopqrstuvwxyz";
  const std::vector<int32_t> offsets = {4, 4, 7, 30, 30};
  hash_bytes_batch(offsets, data.data(), hashes);
  CHECK(hashes == std::vector{hash_bytes(""), hash_bytes("abc"), hash_bytes(data.substr(7)), hash_bytes("")});
  const std::vector<int64_t> wide_offsets(offsets.begin(), offsets.end());
  std::vector<uint64_t> wide_hashes(hashes.size());
  hash_bytes_batch(wide_offsets, data.data(), wide_hashes);
  CHECK(wide_hashes == hashes);

  hash_int64_batch({}, {});
  hash_bytes_batch(std::vector<int32_t>{0}, data.data(), {});
}

TEST_CASE("nulls of a sliced column overwrite the hashes with the null hash") {
  const uint8_t validity[2] = {0b10100000, 0b00000010};
  std::vector<uint64_t> hashes = {1, 2, 3, 4, 5};
  hash_nulls(validity, 5, hashes);
  CHECK(hashes == std::vector<uint64_t>{1, kNullHash, 3, kNullHash, 5});
}

}  // namespace headrace
