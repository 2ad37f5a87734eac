// gzip and zlib streams: round trips, several in a row, known bytes, damage.
#include "headrace/io/deflate/deflate.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

std::shared_ptr<MemoryBudget> memory() {
  static std::shared_ptr<MemoryBudget> budget = MemoryBudget::create();
  return budget;
}

std::string compressed(DeflateForm form, std::string_view text, std::size_t piece) {
  std::string out;
  auto sink = [&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  Deflater deflater(form, sink, *memory());
  for (std::size_t at = 0; at < text.size(); at += piece) {
    deflater.append(std::as_bytes(std::span(text.substr(at, piece))));
  }
  deflater.finish();
  return out;
}

std::string decompressed(DeflateForm form, std::string_view bytes, std::size_t piece) {
  std::size_t at = 0;
  auto source = [&](std::span<std::byte> out) {
    std::size_t count = std::min({out.size(), bytes.size() - at, piece});
    std::memcpy(out.data(), bytes.data() + at, count);
    at += count;
    return count;
  };
  Inflater inflater(form, source, *memory());
  std::string text;
  std::string out(piece * 3, '\0');
  while (std::size_t count = inflater.read(std::as_writable_bytes(std::span(out)))) text += out.substr(0, count);
  return text;
}

std::string some_text(std::size_t size) {
  std::mt19937_64 random(1);
  std::string text;
  while (text.size() < size) text += "word" + std::to_string(random() % 1000) + ' ';
  text.resize(size);
  return text;
}

}  // namespace

TEST_CASE("what is compressed is decompressed, whatever the pieces") {
  for (DeflateForm form : {DeflateForm::kGzip, DeflateForm::kZlib}) {
    for (std::size_t size : {0, 1, 100, 70'000, 1'000'000}) {
      std::string text = some_text(size);
      std::string bytes = compressed(form, text, 1 << 20);
      CHECK(compressed(form, text, 1 << 20) == bytes);
      for (std::size_t piece : {std::size_t{7}, std::size_t{4096}, std::size_t{1} << 20}) {
        CHECK((decompressed(form, bytes, piece) == text));
        CHECK((decompressed(form, compressed(form, text, piece), 4096) == text));
      }
      if (size > 1000) CHECK(bytes.size() < size / 2);
    }
  }
}

TEST_CASE("gzip has the header that says nothing, zlib its own") {
  CHECK(compressed(DeflateForm::kGzip, "a", 1).substr(0, 8) == std::string("\x1f\x8b\x08\0\0\0\0\0", 8));
  CHECK(compressed(DeflateForm::kZlib, "a", 1)[0] == '\x78');
}

TEST_CASE("streams in a row are read as one") {
  std::string first = compressed(DeflateForm::kGzip, some_text(1000), 1000);
  std::string second = compressed(DeflateForm::kGzip, "and more", 1000);
  CHECK((decompressed(DeflateForm::kGzip, first + second, 100) == some_text(1000) + "and more"));
}

TEST_CASE("damaged and cut off streams are errors, never other text") {
  for (DeflateForm form : {DeflateForm::kGzip, DeflateForm::kZlib}) {
    std::string text = some_text(3000);
    std::string good = compressed(form, text, 3000);
    for (std::size_t size = 0; size < good.size(); ++size) {
      CHECK_THROWS_AS(decompressed(form, good.substr(0, size), 4096), Error);
    }
    std::size_t found = 0;
    std::size_t header_bytes = form == DeflateForm::kGzip ? 10 : 2;  // bits of it mean nothing for the text
    for (std::size_t at = header_bytes; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 4);
      std::optional<std::string> read;
      try {
        read = decompressed(form, bad, 4096);
      } catch (const Error&) {
        ++found;
      }
      CHECK((!read || *read == text));
    }
    CHECK(found == good.size() - header_bytes);
    CHECK_THROWS_AS(decompressed(form, good + "rest", 4096), Error);
  }
}

}  // namespace headrace
