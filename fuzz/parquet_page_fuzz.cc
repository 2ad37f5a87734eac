// Fuzzes the decoders of Parquet pages, structure-aware: the input says what pages a chunk has, in which encodings, and
// gives their bodies; headers, lengths and compression are made to fit, so that the decoders behind them are reached.
// Then some bytes of the chunk are overwritten, as the input says.
//
//   input   form, flags, changes (n), pages (n); n × (place, 2 bytes; value); n × page; what is left is not used
//   page    encoding, values (2 bytes), body (length, 2 bytes; bytes)
#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include <arrow/result.h>
#include <arrow/util/compression.h>

#include "fuzz/input_bytes.h"
#include "fuzz/source_reading.h"
#include "headrace/io/parquet/page/column_pages.h"
#include "headrace/io/parquet/page/page_error.h"

namespace headrace {
namespace {

constexpr LeafForm kForms[] = {LeafForm::kBool,    LeafForm::kInt8,         LeafForm::kInt32,
                               LeafForm::kInt64,   LeafForm::kMilliseconds, LeafForm::kNanoseconds,
                               LeafForm::kFloat32, LeafForm::kFloat64,      LeafForm::kText};
constexpr TypeKind kTypes[] = {TypeKind::kBool,    TypeKind::kInt8,      TypeKind::kInt32,
                               TypeKind::kInt64,   TypeKind::kTimestamp, TypeKind::kTimestamp,
                               TypeKind::kFloat32, TypeKind::kFloat64,   TypeKind::kString};
constexpr arrow::Compression::type kCodecs[] = {arrow::Compression::UNCOMPRESSED, arrow::Compression::SNAPPY,
                                                arrow::Compression::ZSTD, arrow::Compression::LZ4};
constexpr std::uint8_t kDictionaryPage = 0xff;  // as an encoding

// Flags of the input.
constexpr unsigned kIsV2 = 1;
constexpr unsigned kIsNullable = 2;
constexpr unsigned kIsList = 4;
constexpr unsigned kIsHashed = 8;
constexpr unsigned kIsCoded = 16;
constexpr unsigned kCodecShift = 5;
constexpr unsigned kIsPair = 128;  // with kIsList: lists of two

void put_int(std::string& out, char field, std::int64_t value) {
  out += field;
  std::uint64_t zigzag = (static_cast<std::uint64_t>(value) << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0);
  for (; zigzag >= 0x80; zigzag >>= 7) out += static_cast<char>(zigzag | 0x80);
  out += static_cast<char>(zigzag);
}

std::string compressed(arrow::Compression::type codec, std::string_view plain) {
  if (codec == arrow::Compression::UNCOMPRESSED) return std::string(plain);
  auto compressor = arrow::util::Codec::Create(codec).ValueOrDie();
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(plain.data());
  std::int64_t size = static_cast<std::int64_t>(plain.size());
  std::string packed(static_cast<std::size_t>(compressor->MaxCompressedLen(size, bytes)), '\0');
  std::int64_t packed_bytes = compressor
                                  ->Compress(size, bytes, static_cast<std::int64_t>(packed.size()),
                                             reinterpret_cast<std::uint8_t*>(packed.data()))
                                  .ValueOrDie();
  packed.resize(static_cast<std::size_t>(packed_bytes));
  return packed;
}

/// The body split as the page wants it: the first part of it as levels, each behind its length in a page V1.
std::string page_of(std::uint8_t encoding, std::uint32_t values, std::string_view body, unsigned flags,
                    arrow::Compression::type codec) {
  bool is_dictionary = encoding == kDictionaryPage;
  bool is_v2 = (flags & kIsV2) != 0 && !is_dictionary;
  std::string levels[2];
  if (!is_dictionary) {
    for (int i = 0; i < 2; ++i) {
      bool has_levels = i == 0 ? (flags & kIsList) != 0 : (flags & (kIsList | kIsNullable)) != 0;
      if (!has_levels) continue;
      std::size_t size = body.empty() ? 0 : static_cast<std::uint8_t>(body[0]) % 32;
      levels[i] = std::string(body.substr(std::min<std::size_t>(1, body.size()), size));
      body.remove_prefix(std::min(size + 1, body.size()));
    }
  }
  std::string plain;
  for (int i = 0; i < 2 && !is_v2; ++i) {
    bool has_levels = i == 0 ? (flags & kIsList) != 0 : (flags & (kIsList | kIsNullable)) != 0;
    if (is_dictionary || !has_levels) continue;
    plain += std::string{static_cast<char>(levels[i].size()), 0, 0, 0} + levels[i];
  }
  plain += body;
  std::size_t level_bytes = levels[0].size() + levels[1].size();
  std::string packed = is_v2 ? levels[0] + levels[1] + compressed(codec, plain) : compressed(codec, plain);
  std::string header;
  put_int(header, 0x15, is_dictionary ? 2 : is_v2 ? 3 : 0);
  put_int(header, 0x15, static_cast<std::int64_t>(plain.size() + (is_v2 ? level_bytes : 0)));
  put_int(header, 0x15, static_cast<std::int64_t>(packed.size()));
  if (is_dictionary) {
    header += "\x4c";
    put_int(header, 0x15, values);
    put_int(header, 0x15, 0);
  } else if (is_v2) {
    header += "\x5c";
    put_int(header, 0x15, values);
    put_int(header, 0x15, 0);  // nulls
    put_int(header, 0x15, values);
    put_int(header, 0x15, encoding);
    put_int(header, 0x15, static_cast<std::int64_t>(levels[1].size()));
    put_int(header, 0x15, static_cast<std::int64_t>(levels[0].size()));
    header += "\x11";
  } else {
    header += "\x2c";
    put_int(header, 0x15, values);
    put_int(header, 0x15, encoding);
    put_int(header, 0x15, 3);
    put_int(header, 0x15, 3);
  }
  header += std::string(2, '\0');
  return header + packed;
}

/// What every column keeps, whatever the bytes were.
void check_column(const Column& column, std::int64_t rows) {
  expect(column.length() == rows, "a column is not as long as asked for");
  for (std::int64_t row = 0; row < rows; ++row) {
    if (column.is_null(row)) continue;
    if (column.type().is_binary_like()) static_cast<void>(std::string(column.string_at(row)));
    if (column.is_dictionary()) {
      expect(column.codes()[static_cast<std::size_t>(row)] < column.dictionary()->length(), "a code is too large");
    }
  }
  if (column.type().kind() == TypeKind::kFixedSizeList) check_column(column.child(0), rows * column.type().list_size());
  if (column.type().kind() != TypeKind::kList) return;
  expect(column.offsets()[0] == 0, "the offsets of lists do not start at 0");
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    expect(column.offsets()[row] <= column.offsets()[row + 1], "the offsets of lists fall");
  }
  check_column(column.child(0), column.offsets()[static_cast<std::size_t>(rows)]);
}

void read_pages(const std::string& chunk, std::int64_t values, std::size_t form, unsigned flags,
                arrow::Compression::type codec) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(64 << 20);
  OneFile files("chunk", chunk);
  std::unique_ptr<InputFile> file = files.open("chunk");
  bool is_list = (flags & kIsList) != 0;
  bool is_nullable = (flags & kIsNullable) != 0;
  ChunkPlace place{0, static_cast<std::int64_t>(chunk.size()), 1 << 20, values, 0, is_list ? 1 : 0};
  place.definition_max = (is_list ? 1 : 0) + (is_nullable ? is_list ? 2 : 1 : 0);
  auto pages = std::make_unique<ChunkPages>(*file, place, PageCodec(codec), *memory, nullptr);
  std::unique_ptr<LeafValues> leaf;
  if (kForms[form] == LeafForm::kText && (flags & kIsHashed) != 0 && !is_list) {
    leaf = make_text_hashes([](std::int64_t, std::string_view text) { static_cast<void>(std::string(text)); }, *memory);
  } else {
    leaf = make_leaf_values(kForms[form], kTypes[form], is_list || (flags & kIsCoded) == 0, *memory);
  }
  std::unique_ptr<ColumnPages> rows;
  if (!is_list) {
    rows = make_flat_pages(std::move(pages), std::move(leaf), *memory);
  } else if ((flags & kIsPair) != 0) {
    rows = make_fixed_list_pages(std::move(pages), std::move(leaf), Type::fixed_size_list(kTypes[form], 2), is_nullable,
                                 is_nullable, *memory);
  } else {
    rows =
        make_list_pages(std::move(pages), std::move(leaf), Type::list(kTypes[form]), is_nullable, is_nullable, *memory);
  }
  // Lists have fewer rows than values; asked for too many, the reader has to say so.
  std::int64_t row_count = is_list && (flags & kIsPair) != 0 ? values / 2 : values;
  for (std::int64_t left = row_count; left > 0; left -= 100) {
    check_column(rows->read(std::min<std::int64_t>(left, 100)), std::min<std::int64_t>(left, 100));
  }
  rows->check_ended();
}

std::string input_of(std::uint8_t form, unsigned flags, std::vector<std::pair<std::uint8_t, std::string>> pages) {
  std::string input = {static_cast<char>(form), static_cast<char>(flags), 0, static_cast<char>(pages.size())};
  for (const auto& [encoding, body] : pages) {
    input += static_cast<char>(encoding);
    input += std::string{8, 0, static_cast<char>(body.size()), 0} + body;
  }
  return input;
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  std::string texts;
  for (int i = 0; i < 8; ++i) texts += std::string("\x02\x00\x00\x00", 4) + "ab";
  std::string codes = std::string("\x03\x10\x05", 3);                                // 8 times 5
  std::string deltas = std::string("\x80\x01\x04\x08\x02\x02\x00\x00\x00\x00", 10);  // 8 values, one after another
  std::string no_nulls = std::string("\x02\x10\x01", 3);
  std::string lists = std::string("\x02\x10\x00\x02\x10\x03", 6);
  std::string pairs = std::string("\x02\x03\xaa\x02\x10\x03", 6);  // 4 of them
  std::string ints(64, '\x01');
  std::vector<std::string> seeds;
  for (unsigned flags : {0U, kIsV2, 1U << kCodecShift, kIsV2 | 2U << kCodecShift, 3U << kCodecShift}) {
    seeds.push_back(input_of(3, flags, {{0, ints}}));
    seeds.push_back(input_of(3, flags, {{5, deltas}}));
    seeds.push_back(input_of(3, flags, {{kDictionaryPage, ints}, {8, codes}, {0, ints}}));
    seeds.push_back(input_of(0, flags, {{0, "\x55"}, {3, std::string("\x02\x00\x00\x00\x10\x01", 6)}}));
    seeds.push_back(input_of(8, flags, {{0, texts}}));
    seeds.push_back(input_of(8, flags, {{6, deltas + std::string(36, 'x')}}));
    seeds.push_back(input_of(8, flags | kIsCoded, {{kDictionaryPage, texts}, {8, codes}, {0, texts}}));
    seeds.push_back(input_of(8, flags | kIsHashed, {{kDictionaryPage, texts}, {8, codes}, {0, texts}}));
    seeds.push_back(input_of(3, flags | kIsNullable, {{0, no_nulls + ints}}));
    seeds.push_back(input_of(3, flags | kIsList | kIsNullable, {{0, lists + ints}}));
    seeds.push_back(input_of(3, flags | kIsList | kIsPair | kIsNullable, {{0, pairs + ints}}));
    seeds.push_back(input_of(8, flags | kIsList | kIsNullable, {{kDictionaryPage, texts}, {8, lists + codes}}));
  }
  return seeds;
}

std::vector<std::string> fuzz_words() {
  return {"\x10\x01", "\x03\x55", std::string("\x80\x01\x04", 3), "\xff\xff\xff\x0f"};
}

void fuzz_one(std::string_view bytes) {
  InputBytes input(bytes);
  std::size_t form = input.byte() % std::size(kForms);
  unsigned flags = input.byte();
  std::size_t changes = input.byte() % 8;
  std::size_t page_count = input.byte() % 8;
  arrow::Compression::type codec = kCodecs[flags >> kCodecShift & 3];
  std::vector<std::pair<std::uint32_t, std::uint8_t>> changed;
  for (std::size_t i = 0; i < changes; ++i) {
    std::uint32_t place = input.word();
    changed.emplace_back(place, input.byte());
  }
  std::string chunk;
  std::int64_t values = 0;
  for (std::size_t i = 0; i < page_count; ++i) {
    std::uint8_t encoding = input.byte();
    std::uint32_t count = input.word();
    std::string_view body = input.take(input.word());
    chunk += page_of(encoding, count, body, flags, codec);
    if (encoding != kDictionaryPage) values += count;
  }
  for (auto [place, value] : changed) {
    if (!chunk.empty()) chunk[place % chunk.size()] = static_cast<char>(value);
  }
  allow_input_errors([&] {
    try {
      read_pages(chunk, values, form, flags, codec);
    } catch (const PageError&) {
      // What a damaged page is answered with.
    }
  });
}

}  // namespace headrace
