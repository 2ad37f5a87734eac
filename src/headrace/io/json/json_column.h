// JSON values to columns.
//
// A column takes one value of each row; lists and structs have columns inside. Whatever a value turns out to be, the
// column has one row more afterwards, unless the line is broken: then the reader of the line cuts all columns back.
//
//   bool                 true, false
//   int8 … int64         numbers without fraction and exponent, within the range
//   float32, float64     numbers; too large ones become infinite
//   decimal(p, s)        numbers; digits behind the scale are rounded
//   string               texts
//   date, timestamp      texts, read as cast(text as type) does
//   list<T>              lists
//   fixed_size_list<T, n>  lists of n values
//   struct<…>            objects; keys it does not name are passed over, missing ones are null
//
// null is null of every type. Everything else is a bad value.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/column/column_builder.h"
#include "headrace/io/json/json_tokens.h"
#include "headrace/io/text/parse_value.h"

namespace headrace {

class JsonObject;

/// What is wrong with a value. Empty: nothing.
struct BadJsonValue {
  std::string path;  // inside the column: "[2].name"
  std::string message;
};

class JsonColumn {
 public:
  JsonColumn(Type type, MemoryBudget& memory);
  JsonColumn(JsonColumn&&) noexcept;
  ~JsonColumn();

  /// Starts empty, with room for `rows_max` rows.
  void begin(std::size_t rows_max);
  /// Reads the value at hand. kBad: the row is null, and `bad` says why unless it held something before.
  JsonOutcome read(JsonCursor& cursor, BadJsonValue& bad);
  void append_null();
  /// Cuts back to the first `row_count` rows.
  void truncate(std::size_t row_count);
  /// Hands the rows over. begin() comes next.
  Column finish();
  std::size_t row_count() const { return row_count_; }

 private:
  JsonOutcome read_bool(JsonCursor& cursor, BadJsonValue& bad);
  template <typename T>
  JsonOutcome read_integer_value(JsonCursor& cursor, BadJsonValue& bad);
  template <typename T>
  JsonOutcome read_float_value(JsonCursor& cursor, BadJsonValue& bad);
  JsonOutcome read_string(JsonCursor& cursor, BadJsonValue& bad);
  JsonOutcome read_time(JsonCursor& cursor, BadJsonValue& bad);
  JsonOutcome read_list(JsonCursor& cursor, BadJsonValue& bad);
  JsonOutcome read_elements(JsonCursor& cursor, BadJsonValue& bad, bool& is_bad);
  JsonOutcome read_struct(JsonCursor& cursor, BadJsonValue& bad);
  JsonOutcome read_unusual(JsonCursor& cursor, BadJsonValue& bad);
  JsonOutcome refuse(JsonCursor& cursor, BadJsonValue& bad, std::string message);
  JsonOutcome refuse_text(BadJsonValue& bad, std::string_view text);

  template <typename T>
  JsonOutcome append(JsonCursor& cursor, T value) {
    values_.append_value(value);
    append_valid();
    cursor.advance();
    return JsonOutcome::kGood;
  }
  void append_valid() {
    ++row_count_;
    if (has_nulls_) validity_.append_value(std::uint8_t{1});
  }
  void append_escaped(std::string_view inner);

  Type type_;
  MemoryBudget& memory_;
  std::size_t row_count_ = 0;
  bool has_nulls_ = false;
  BufferBuilder validity_;  // once there is a null
  BufferBuilder values_;    // fixed-width values, or the bytes of strings
  BufferBuilder offsets_;   // strings and lists
  std::size_t values_hint_ = 0;
  std::string scratch_;
  TimestampReader timestamps_;
  std::unique_ptr<JsonColumn> element_;  // lists
  std::unique_ptr<JsonObject> object_;   // structs
};

/// Reads objects into one column a field.
class JsonObject {
 public:
  JsonObject(std::vector<Field> fields, MemoryBudget& memory);

  struct Bad {
    std::size_t field;
    BadJsonValue value;
  };
  /// Reads the object at hand, one row for every column. kBad: bad() tells which values were bad and are null now.
  JsonOutcome read(JsonCursor& cursor);
  const std::vector<Bad>& bad() const { return bad_; }
  std::vector<JsonColumn>& columns() { return columns_; }

 private:
  /// What the key at some place of an object was last time.
  struct Expected {
    std::string raw;  // with its quotes
    std::ptrdiff_t field = kUnknown;
    std::uint64_t first_word = 0;  // of raw, up to 8 bytes
    std::uint64_t first_mask = 0;
    std::uint64_t last_word = 0;  // of raw, where it has more

    bool stands_at(const JsonCursor& cursor) const;
  };
  static constexpr std::ptrdiff_t kUnknown = -1;
  static constexpr std::ptrdiff_t kNoKey = -2;

  JsonOutcome read_member(JsonCursor& cursor, std::size_t place);
  std::ptrdiff_t field_of_key(JsonCursor& cursor, std::size_t place);
  std::ptrdiff_t look_up(JsonCursor& cursor, std::size_t place);
  void append_missing();

  std::vector<Field> fields_;
  std::unordered_map<std::string_view, std::ptrdiff_t> field_by_name_;
  std::vector<JsonColumn> columns_;
  std::vector<Expected> expected_;
  std::vector<std::uint64_t> last_seen_in_;  // by field: the number of the object
  std::uint64_t object_number_ = 0;
  std::size_t seen_count_ = 0;
  std::vector<Bad> bad_;
  BadJsonValue bad_value_;  // of the member at hand
};

}  // namespace headrace
