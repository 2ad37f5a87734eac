// Infers the columns of JSON lines that nobody declared. See reader.h.
#include <array>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/number_text.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/json/line_blocks.h"
#include "headrace/io/json/reader.h"
#include "headrace/io/text/cast_text.h"
#include "headrace/io/text/text_window.h"

namespace headrace {
namespace {

constexpr std::int64_t kSampleBytes = 1 << 20;

/// What values can be; of two kinds no column is.
enum Kind : std::size_t { kBool, kNumber, kText, kList, kObject, kKindCount };
constexpr std::array<const char*, kKindCount> kKindNames = {"true or false", "a number", "a text", "a list",
                                                            "an object"};

/// The values seen at some place.
struct Shape {
  std::array<std::int64_t, kKindCount> lines{};  // the first with each kind; 0: none
  bool is_int64 = true;                          // all numbers are
  bool is_date = true;                           // all texts look so, like the next
  bool is_timestamp = true;
  std::unique_ptr<Shape> element;
  std::vector<std::pair<std::string, std::unique_ptr<Shape>>> fields;
  std::unordered_map<std::string, std::size_t> field_by_name;

  void look_at(JsonCursor& cursor, std::int64_t line);
  void look_at_members(JsonCursor& cursor, std::int64_t line);
  void look_at_elements(JsonCursor& cursor, std::int64_t line);
  void look_at_text(std::string_view inner);
  Shape& field(std::string_view raw_key);
  Type type(const std::string& path, const std::string& place) const;
  std::vector<Field> columns(const std::string& path, const std::string& place) const;
};

std::string unescaped(std::string_view token) {
  std::string text(token.substr(1, token.size() - 2));
  std::string result(text.size(), '\0');
  std::size_t size = unescape_json(text, result.data());
  HEADRACE_CHECK(size != kNoText);
  result.resize(size);
  return result;
}

/// Looks at one value of a line that is sound.
void Shape::look_at(JsonCursor& cursor, std::int64_t line) {
  std::string_view token = cursor.token();
  Kind kind = kNumber;
  switch (cursor.first()) {
    case 'n': cursor.advance(); return;
    case 't':
    case 'f': kind = kBool; break;
    case '"': kind = kText; break;
    case '[': kind = kList; break;
    case '{': kind = kObject; break;
    default: break;
  }
  if (lines[kind] == 0) lines[kind] = line;
  if (kind == kNumber) is_int64 = is_int64 && parse_int64(token).has_value();
  if (kind == kText && (is_date || is_timestamp)) look_at_text(token);
  cursor.advance();
  if (kind == kList) look_at_elements(cursor, line);
  if (kind == kObject) look_at_members(cursor, line);
}

void Shape::look_at_text(std::string_view token) {
  std::string text = unescaped(token);
  bool is_day = looks_like_date(text);
  is_date = is_date && is_day;
  is_timestamp = is_timestamp && (is_day || looks_like_timestamp(text));  // A date among them is a midnight.
}

void Shape::look_at_elements(JsonCursor& cursor, std::int64_t line) {
  if (!element) element = std::make_unique<Shape>();
  bool is_empty = cursor.first() == ']';
  for (bool goes_on = !is_empty; goes_on;) {
    element->look_at(cursor, line);
    goes_on = cursor.first() == ',';
    if (goes_on) cursor.advance();
  }
  cursor.advance();
}

void Shape::look_at_members(JsonCursor& cursor, std::int64_t line) {
  bool is_empty = cursor.first() == '}';
  for (bool goes_on = !is_empty; goes_on;) {
    Shape& member = field(cursor.token());
    cursor.advance();
    cursor.advance();
    member.look_at(cursor, line);
    goes_on = cursor.first() == ',';
    if (goes_on) cursor.advance();
  }
  cursor.advance();
}

Shape& Shape::field(std::string_view raw_key) {
  std::string name = unescaped(raw_key);
  auto [found, is_new] = field_by_name.emplace(name, fields.size());
  if (is_new) fields.emplace_back(std::move(name), std::make_unique<Shape>());
  return *fields[found->second].second;
}

/// `path` names the file, `place` what has the type: "a.b[]".
Type Shape::type(const std::string& path, const std::string& place) const {
  std::size_t kind = kKindCount;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    if (lines[i] == 0) continue;
    if (kind != kKindCount) {
      throw Error(
          ErrorCode::kBadData,
          fmt::format("the type of column '{}' cannot be inferred: in '{}' it is {} in line {} and {} in line {}",
                      place, path, kKindNames[kind], lines[kind], kKindNames[i], lines[i]),
          "declare the source's columns, and set 'on_error' if some of its rows are bad");
    }
    kind = i;
  }
  switch (kind) {
    case kBool: return TypeKind::kBool;
    case kNumber: return is_int64 ? TypeKind::kInt64 : TypeKind::kFloat64;
    case kText: return is_date ? TypeKind::kDate : is_timestamp ? TypeKind::kTimestamp : TypeKind::kString;
    case kList: return Type::list(element->type(path, place + "[]"));
    case kObject: return Type::structure(columns(path, place));
    default: return TypeKind::kString;
  }
}

std::vector<Field> Shape::columns(const std::string& path, const std::string& place) const {
  if (fields.empty()) {
    throw Error(ErrorCode::kBadData,
                place.empty() ? fmt::format("'{}' has no keys in its first MiB: its columns cannot be inferred", path)
                              : fmt::format("the type of column '{}' cannot be inferred: in '{}' its objects are empty",
                                            place, path),
                "declare the source's columns, or leave the file out");
  }
  std::vector<Field> result;
  for (const auto& [name, shape] : fields) {
    result.push_back({.name = name, .type = shape->type(path, place.empty() ? name : place + "." + name)});
  }
  return result;
}

}  // namespace

std::vector<Field> infer_json_fields(const FileInfo& file, const SourceContext& context) {
  std::unique_ptr<InputFile> input = context.fs->open(file.path);
  TextWindow window(*input, file.size_bytes, 0, kSampleBytes, *context.memory);
  std::string_view text = window.text();
  // The last line may be cut; a first line that is cut is read to its end.
  while (text.find('\n') == std::string_view::npos && !window.at_file_end() && text.size() < kRowLookaheadBytes) {
    window.extend_to(window.end() + kSampleBytes);
    text = window.text();
  }
  if (!window.at_file_end()) text = text.substr(0, text.rfind('\n') + 1);
  text.remove_prefix(std::min(static_cast<std::size_t>(byte_order_mark_bytes(text, file.path)), text.size()));
  LineBlocks lines(text, *context.memory);
  LineBlocks::Line line{};
  Shape root;
  for (std::int64_t number = 1; lines.next(line); ++number) {
    if (line.is_too_long || line.defect != JsonDefect::kNone) continue;
    JsonCursor check = lines.cursor();
    bool is_object = check.first() == '{' && skip_json_value(check) == JsonOutcome::kGood && check.at_end();
    if (!is_object) continue;
    JsonCursor cursor = lines.cursor();
    root.look_at(cursor, number);
    lines.done(cursor);
  }
  return root.columns(file.path, "");
}

}  // namespace headrace
