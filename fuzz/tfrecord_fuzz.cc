// Fuzzes the TFRecord reader: the framing of records, and behind right checksums, which random bytes never have, the
// messages themselves.
#include <cstring>

#include "fuzz/source_reading.h"
#include "headrace/io/tfrecord/wire.h"

namespace headrace {
namespace {

template <typename T>
void append_raw(std::string& file, T value) {
  file.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

/// `data` as a record with right checksums.
std::string framed(std::string_view data) {
  std::string record;
  const auto size = static_cast<std::uint64_t>(data.size());
  append_raw(record, size);
  append_raw(record, masked_crc32c(&size, sizeof(size)));
  record += data;
  append_raw(record, masked_crc32c(data.data(), data.size()));
  return record;
}

/// An Example with an integer list "a", a float list "b" and a bytes list "c".
std::string example() {
  const std::string a = {
      "\x0a\x0a\x0a\x01"
      "a\x12\x05\x1a\x03\x0a\x01\x07",
      12};
  const std::string b = {
      "\x0a\x0d\x0a\x01"
      "b\x12\x08\x12\x06\x0a\x04\x00\x00\x80\x3f",
      15};
  const std::string c = {
      "\x0a\x0b\x0a\x01"
      "c\x12\x06\x0a\x04\x0a\x02hi",
      13};
  const std::string features = a + b + c;
  return "\x0a" + std::string(1, static_cast<char>(features.size())) + features;
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string raw(1, '\0');      // the file as it is
  const std::string message(1, '\1');  // the message of its one record
  return {raw + framed(example()) + framed(example()), message + example(), message};
}

std::vector<std::string> fuzz_words() {
  return {"\x0a\x02", "\x12\x02", "\x1a\x02", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", "\xff\xff\xff\xff\x0f"};
}

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input.front());
  const std::string file =
      (choice & 1) == 0 ? std::string(input.substr(1)) : framed(input.substr(1)) + framed(example());
  SourceSpec spec;
  spec.format = "tfrecord";
  spec.on_error = static_cast<OnError>((choice >> 1) % 4);
  if ((choice & 8) != 0) {
    spec.declared = {{"a", Type::parse("list<int64>").value(), true},
                     {"b", Type::parse("float32").value(), true},
                     {"c", Type::parse("string").value(), false}};
  }
  allow_input_errors([&] { read_source(spec, file); });
}

}  // namespace headrace
