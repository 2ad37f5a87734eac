// Objects to rows of columns. See json_column.h.
#include <algorithm>
#include <cstring>
#include <utility>

#include "headrace/io/json/json_column.h"
#include "headrace/io/text/parse_value.h"

namespace headrace {
namespace {

/// Keys remembered of the object before, and how long they may be.
constexpr std::size_t kPlacesMax = 1024;
constexpr std::size_t kKeyBytesMax = 256;

}  // namespace

JsonObject::JsonObject(std::vector<Field> fields, MemoryBudget& memory)
    : fields_(std::move(fields)), last_seen_in_(fields_.size()) {
  columns_.reserve(fields_.size());
  for (const Field& field : fields_) {
    field_by_name_.emplace(field.name, static_cast<std::ptrdiff_t>(columns_.size()));
    columns_.emplace_back(field.type, memory);
  }
}

JsonOutcome JsonObject::read(JsonCursor& cursor) {
  bad_.clear();
  if (!bad_value_.message.empty()) bad_value_ = {};  // Of a line that broke later.
  ++object_number_;
  seen_count_ = 0;
  if (cursor.first() != '{') return cursor.fail("it does not begin with '{'");
  cursor.advance();
  if (cursor.first() == '}') {
    cursor.advance();
  } else {
    char next = ',';
    for (std::size_t place = 0; next == ','; ++place) {
      if (read_member(cursor, place) == JsonOutcome::kBroken) return JsonOutcome::kBroken;
      next = cursor.first();
      if (next != ',' && next != '}') return cursor.fail("a ',' or '}' is missing");
      cursor.advance();
    }
  }
  if (seen_count_ < fields_.size()) append_missing();
  return bad_.empty() ? JsonOutcome::kGood : JsonOutcome::kBad;
}

JsonOutcome JsonObject::read_member(JsonCursor& cursor, std::size_t place) {
  std::ptrdiff_t found = field_of_key(cursor, place);
  if (found == kNoKey) return JsonOutcome::kBroken;
  cursor.advance();
  if (cursor.first() != ':') return cursor.fail("a ':' is missing");
  cursor.advance();
  if (found == kUnknown) return skip_json_value(cursor);
  std::size_t field = static_cast<std::size_t>(found);
  if (std::exchange(last_seen_in_[field], object_number_) == object_number_)
    return cursor.fail_repeated(fields_[field].name);
  ++seen_count_;
  JsonOutcome outcome = columns_[field].read(cursor, bad_value_);
  if (outcome == JsonOutcome::kBad) [[unlikely]]
    bad_.push_back({.field = field, .value = std::exchange(bad_value_, {})});
  return outcome;
}

/// The field of the key at hand: the one that stood there in the object before, as a rule.
std::ptrdiff_t JsonObject::field_of_key(JsonCursor& cursor, std::size_t place) {
  if (place < expected_.size() && expected_[place].stands_at(cursor)) [[likely]]
    return expected_[place].field;
  return look_up(cursor, place);
}

/// Keys are short: two words tell most of them.
bool JsonObject::Expected::stands_at(const JsonCursor& cursor) const {
  const char* at = cursor.raw_begin();
  std::size_t size = raw.size();
  if (cursor.raw_size() != size || (load_word(at) & first_mask) != first_word) return false;
  if (size <= sizeof(std::uint64_t)) return true;
  return load_word(at + size - sizeof(std::uint64_t)) == last_word &&
         (size <= 2 * sizeof(std::uint64_t) || std::memcmp(at, raw.data(), size) == 0);
}

std::ptrdiff_t JsonObject::look_up(JsonCursor& cursor, std::size_t place) {
  if (cursor.first() != '"') {
    cursor.fail("a key is missing");
    return kNoKey;
  }
  std::string_view raw = cursor.token();
  std::string_view name = raw.substr(1, raw.size() - 2);
  std::string unescaped;
  if (name.find('\\') != std::string_view::npos) {
    unescaped.resize(name.size());
    std::size_t size = unescape_json(name, unescaped.data());
    if (size == kNoText) {
      cursor.fail("an escape in a key is none");
      return kNoKey;
    }
    name = std::string_view(unescaped).substr(0, size);
  }
  auto found = field_by_name_.find(name);
  std::ptrdiff_t field = found == field_by_name_.end() ? kUnknown : found->second;
  if (place < kPlacesMax && raw.size() <= kKeyBytesMax) {
    if (expected_.size() <= place) expected_.resize(place + 1);
    Expected& expected = expected_[place];
    expected = {.raw = std::string(raw), .field = field};
    std::size_t bytes = std::min(raw.size(), sizeof(std::uint64_t));
    std::memcpy(&expected.first_word, raw.data(), bytes);
    std::memset(&expected.first_mask, 0xFF, bytes);
    if (raw.size() > bytes) expected.last_word = load_word(raw.data() + raw.size() - sizeof(std::uint64_t));
  }
  return field;
}

void JsonObject::append_missing() {
  for (std::size_t field = 0; field < fields_.size(); ++field) {
    if (last_seen_in_[field] != object_number_) columns_[field].append_null();
  }
}

}  // namespace headrace
