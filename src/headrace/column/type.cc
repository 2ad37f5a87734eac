// See type.h.
#include "headrace/column/type.h"

#include <array>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"

namespace headrace {
namespace {

constexpr std::array<std::pair<std::string_view, TypeKind>, 13> kPlainTypes = {{
    {"null", TypeKind::kNull},
    {"bool", TypeKind::kBool},
    {"int8", TypeKind::kInt8},
    {"int16", TypeKind::kInt16},
    {"int32", TypeKind::kInt32},
    {"int64", TypeKind::kInt64},
    {"float32", TypeKind::kFloat32},
    {"float64", TypeKind::kFloat64},
    {"string", TypeKind::kString},
    {"binary", TypeKind::kBinary},
    {"date", TypeKind::kDate},
    {"timestamp", TypeKind::kTimestamp},
    {"timestamp_ntz", TypeKind::kTimestampNtz},
}};

/// A cursor over the text form of a type. Every method returns nothing or false on text that does not fit.
class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  std::optional<Type> parse_all() {
    std::optional<Type> type = parse_type(0);
    skip_blanks();
    return at_ == text_.size() ? type : std::nullopt;
  }

 private:
  static constexpr int kDepthMax = 32;

  std::optional<Type> parse_type(int depth) {
    if (depth > kDepthMax) return std::nullopt;
    std::string_view name = word();
    if (name == "decimal") return parse_decimal();
    if (name == "list") return parse_list(depth);
    if (name == "fixed_size_list") return parse_fixed_size_list(depth);
    if (name == "struct") return parse_struct(depth);
    for (const auto& [plain, kind] : kPlainTypes) {
      if (plain == name) return Type(kind);
    }
    return std::nullopt;
  }

  std::optional<Type> parse_decimal() {
    if (!take('(')) return std::nullopt;
    std::optional<int> precision = number();
    if (!precision || !take(',')) return std::nullopt;
    std::optional<int> scale = number();
    if (!scale || !take(')')) return std::nullopt;
    if (*precision < 1 || *precision > 38 || *scale < 0 || *scale > *precision) return std::nullopt;
    return Type::decimal(*precision, *scale);
  }

  std::optional<Type> parse_list(int depth) {
    if (!take('<')) return std::nullopt;
    std::optional<Type> element = parse_type(depth + 1);
    if (!element || !take('>')) return std::nullopt;
    return Type::list(*element);
  }

  std::optional<Type> parse_fixed_size_list(int depth) {
    if (!take('<')) return std::nullopt;
    std::optional<Type> element = parse_type(depth + 1);
    if (!element || !take(',')) return std::nullopt;
    std::optional<int> size = number();
    if (!size || *size < 1 || !take('>')) return std::nullopt;
    return Type::fixed_size_list(*element, *size);
  }

  std::optional<Type> parse_struct(int depth) {
    if (!take('<')) return std::nullopt;
    std::vector<Field> fields;
    do {
      std::string_view name = word();
      if (name.empty() || !take(':')) return std::nullopt;
      std::optional<Type> type = parse_type(depth + 1);
      if (!type) return std::nullopt;
      fields.push_back({std::string(name), *type});
    } while (take(','));
    if (!take('>')) return std::nullopt;
    return Type::structure(std::move(fields));
  }

  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view word() {
    skip_blanks();
    std::size_t start = at_;
    auto in_word = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  std::optional<int> number() {
    std::string_view digits = word();
    int value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Type Type::decimal(int precision, int scale) {
  HEADRACE_CHECK(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision);
  Type type(TypeKind::kDecimal128);
  type.precision_ = static_cast<std::int8_t>(precision);
  type.scale_ = static_cast<std::int8_t>(scale);
  return type;
}

Type Type::list(Type element) {
  Type type(TypeKind::kList);
  type.fields_ = std::make_shared<const std::vector<Field>>(std::vector<Field>{{"element", std::move(element)}});
  return type;
}

Type Type::fixed_size_list(Type element, std::int32_t size) {
  HEADRACE_CHECK(size >= 1);
  Type type = list(std::move(element));
  type.kind_ = TypeKind::kFixedSizeList;
  type.list_size_ = size;
  return type;
}

Type Type::structure(std::vector<Field> fields) {
  Type type(TypeKind::kStruct);
  type.fields_ = std::make_shared<const std::vector<Field>>(std::move(fields));
  return type;
}

const std::vector<Field>& Type::fields() const {
  static const std::vector<Field> kNone;
  return fields_ ? *fields_ : kNone;
}

const Type& Type::element() const {
  HEADRACE_CHECK(is_list());
  return (*fields_)[0].type;
}

std::size_t Type::value_bytes() const {
  switch (kind_) {
    case TypeKind::kBool:
    case TypeKind::kInt8: return 1;
    case TypeKind::kInt16: return 2;
    case TypeKind::kInt32:
    case TypeKind::kFloat32:
    case TypeKind::kDate: return 4;
    case TypeKind::kInt64:
    case TypeKind::kFloat64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return 8;
    case TypeKind::kDecimal128: return 16;
    case TypeKind::kNull:
    case TypeKind::kString:
    case TypeKind::kBinary:
    case TypeKind::kList:
    case TypeKind::kFixedSizeList:
    case TypeKind::kStruct: return 0;
  }
  return 0;
}

std::string Type::to_string() const {
  switch (kind_) {
    case TypeKind::kDecimal128: return fmt::format("decimal({}, {})", precision(), scale());
    case TypeKind::kList: return fmt::format("list<{}>", element().to_string());
    case TypeKind::kFixedSizeList: return fmt::format("fixed_size_list<{}, {}>", element().to_string(), list_size_);
    case TypeKind::kStruct: {
      std::string text;
      for (const Field& field : fields()) {
        text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.name, field.type.to_string());
      }
      return "struct<" + text + ">";
    }
    default: break;
  }
  for (const auto& [name, kind] : kPlainTypes) {
    if (kind == kind_) return std::string(name);
  }
  return "unknown";
}

std::optional<Type> Type::parse(std::string_view text) { return TypeParser(text).parse_all(); }

bool operator==(const Type& a, const Type& b) {
  return a.kind_ == b.kind_ && a.precision_ == b.precision_ && a.scale_ == b.scale_ && a.list_size_ == b.list_size_ &&
         (a.fields_ == b.fields_ || a.fields() == b.fields());
}

Schema::Schema(std::vector<Field> fields) : fields_(std::move(fields)) {
  std::set<std::string_view> seen;
  for (const Field& field : fields_) {
    if (!seen.insert(field.name).second) {
      throw Error(ErrorCode::kInvalidPipeline, fmt::format("two columns have the same name: '{}'", field.name),
                  "rename one of them");
    }
  }
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return i;
  }
  return std::nullopt;
}

std::size_t Schema::index_of(std::string_view name) const {
  if (std::optional<std::size_t> index = find(name)) return *index;
  throw Error(ErrorCode::kNotFound, fmt::format("unknown column '{}'", name), name_hint(name, names(), "columns", 40));
}

std::vector<std::string> Schema::names() const {
  std::vector<std::string> names;
  names.reserve(fields_.size());
  for (const Field& field : fields_) names.push_back(field.name);
  return names;
}

std::string Schema::to_string() const {
  std::string text;
  for (const Field& field : fields_) {
    text += fmt::format("{}{}: {}{}", text.empty() ? "" : ", ", field.name, field.type.to_string(),
                        field.nullable ? "" : " not null");
  }
  return text;
}

const std::vector<std::string>& type_names() {
  static const std::vector<std::string> kNames = {
      "bool",        "int8",      "int16",         "int32",   "int64",
      "float32",     "float64",   "decimal(p, s)", "string",  "binary",
      "date",        "timestamp", "timestamp_ntz", "list<T>", "fixed_size_list<T, n>",
      "struct<a: T>"};
  return kNames;
}

}  // namespace headrace
