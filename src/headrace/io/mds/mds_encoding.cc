// See mds_encoding.h.
#include "headrace/io/mds/mds_encoding.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace headrace {
namespace {

struct NumberForm {
  std::string_view name;
  std::int64_t size_bytes;
  TypeKind kind;  // that it is read as; kDecimal128 for uint64
};

/// By MdsNumber.
constexpr std::array<NumberForm, 11> kNumbers = {{
    {"uint8", 1, TypeKind::kInt16},
    {"int8", 1, TypeKind::kInt8},
    {"uint16", 2, TypeKind::kInt32},
    {"int16", 2, TypeKind::kInt16},
    {"float16", 2, TypeKind::kFloat32},
    {"uint32", 4, TypeKind::kInt64},
    {"int32", 4, TypeKind::kInt32},
    {"float32", 4, TypeKind::kFloat32},
    {"uint64", 8, TypeKind::kDecimal128},
    {"int64", 8, TypeKind::kInt64},
    {"float64", 8, TypeKind::kFloat64},
}};

const NumberForm& form_of(MdsNumber number) { return kNumbers[static_cast<std::size_t>(number)]; }

std::optional<MdsNumber> number_named(std::string_view name) {
  for (std::size_t i = 0; i < kNumbers.size(); ++i) {
    if (kNumbers[i].name == name) return static_cast<MdsNumber>(i);
  }
  return std::nullopt;
}

Type number_type(MdsNumber number, const Type* declared) {
  if (declared != nullptr) {
    TypeKind kind = declared->kind();
    if (number == MdsNumber::kUInt8 && kind == TypeKind::kBool) return kind;
    if (number == MdsNumber::kInt32 && kind == TypeKind::kDate) return kind;
    if (number == MdsNumber::kInt64 && declared->is_timestamp()) return kind;
  }
  return number == MdsNumber::kUInt64 ? Type::decimal(20, 0) : Type(form_of(number).kind);
}

Type array_type(const MdsEncoding& encoding, const Type* declared, std::size_t axis) {
  const Type* element = declared != nullptr && declared->is_list() ? &declared->element() : nullptr;
  bool is_last = axis + 1 == encoding.shape.size();
  Type type = is_last ? number_type(encoding.number, element) : array_type(encoding, element, axis + 1);
  return Type::fixed_size_list(std::move(type), static_cast<std::int32_t>(encoding.shape[axis]));
}

/// "2,3" as sizes; none when it is no shape that a value of a list could have.
std::vector<std::int64_t> parse_shape(std::string_view text) {
  constexpr std::size_t kAxesMax = 8;
  std::vector<std::int64_t> shape;
  std::int64_t total = 1;
  while (true) {
    std::size_t comma = text.find(',');
    std::string_view number = text.substr(0, comma);
    std::int32_t size = 0;
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), size);
    bool is_size = error == std::errc() && end == number.data() + number.size() && size >= 1;
    if (!is_size || shape.size() == kAxesMax) return {};
    shape.push_back(size);
    total *= size;
    if (total > INT32_MAX) return {};
    if (comma == std::string_view::npos) return shape;
    text.remove_prefix(comma + 1);
  }
}

/// The number that a type's values are written as, without a change of their bytes.
std::optional<MdsNumber> number_of(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBool: return MdsNumber::kUInt8;
    case TypeKind::kInt8: return MdsNumber::kInt8;
    case TypeKind::kInt16: return MdsNumber::kInt16;
    case TypeKind::kDate:
    case TypeKind::kInt32: return MdsNumber::kInt32;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
    case TypeKind::kInt64: return MdsNumber::kInt64;
    case TypeKind::kFloat32: return MdsNumber::kFloat32;
    case TypeKind::kFloat64: return MdsNumber::kFloat64;
    default: return std::nullopt;
  }
}

std::optional<std::string> array_encoding(const Type& type) {
  std::string shape;
  const Type* element = &type;
  for (; element->kind() == TypeKind::kFixedSizeList; element = &element->element()) {
    shape += fmt::format("{}{}", shape.empty() ? ':' : ',', element->list_size());
  }
  std::optional<MdsNumber> number = number_of(*element);
  std::string text = number ? fmt::format("ndarray:{}{}", form_of(*number).name, shape) : "";
  bool is_readable = number && parse_mds_encoding(text).kind == MdsEncoding::Kind::kArray;
  return is_readable ? std::optional(text) : std::nullopt;
}

}  // namespace

std::int64_t MdsEncoding::element_count() const {
  std::int64_t count = 1;
  for (std::int64_t size : shape) count *= size;
  return count;
}

std::int64_t bytes_of(MdsNumber number) { return form_of(number).size_bytes; }

MdsEncoding parse_mds_encoding(std::string_view text) {
  using Kind = MdsEncoding::Kind;
  MdsEncoding encoding;
  encoding.text = text;
  std::optional<MdsNumber> number = text == "int" ? MdsNumber::kInt64 : number_named(text);
  if (number) {
    encoding.kind = Kind::kNumber;
    encoding.number = *number;
    encoding.size_bytes = bytes_of(*number);
  } else if (text == "str" || text == "json") {
    encoding.kind = Kind::kText;
  } else if (text == "bytes" || text == "jpeg" || text == "png") {
    encoding.kind = Kind::kBytes;
  } else if (text == "str_decimal") {
    encoding.kind = Kind::kDecimalText;
  } else if (text == "str_int") {
    encoding.kind = Kind::kIntText;
  } else if (text == "str_float") {
    encoding.kind = Kind::kFloatText;
  } else if (text.starts_with("ndarray:")) {
    std::string_view rest = text.substr(8);
    std::size_t colon = rest.find(':');
    number = number_named(rest.substr(0, colon));
    if (!number) return encoding;
    encoding.number = *number;
    if (colon == std::string_view::npos) {
      encoding.kind = Kind::kRaggedArray;
      return encoding;
    }
    encoding.shape = parse_shape(rest.substr(colon + 1));
    if (encoding.shape.empty()) return encoding;
    encoding.kind = Kind::kArray;
    encoding.size_bytes = encoding.element_count() * bytes_of(*number);
  }
  return encoding;
}

std::optional<std::string> mds_encoding_of(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kString: return "str";
    case TypeKind::kBinary: return "bytes";
    case TypeKind::kDecimal128: return "str_decimal";
    case TypeKind::kFixedSizeList: return array_encoding(type);
    case TypeKind::kList: {
      std::optional<MdsNumber> number = number_of(type.element());
      if (!number) return std::nullopt;
      return fmt::format("ndarray:{}", form_of(*number).name);
    }
    default: break;
  }
  std::optional<MdsNumber> number = number_of(type);
  if (!number) return std::nullopt;
  return std::string(form_of(*number).name);
}

std::optional<Type> mds_decoded_type(const MdsEncoding& encoding, const Type* declared) {
  using Kind = MdsEncoding::Kind;
  switch (encoding.kind) {
    case Kind::kNumber: return number_type(encoding.number, declared);
    case Kind::kText: return Type(TypeKind::kString);
    case Kind::kBytes: return Type(TypeKind::kBinary);
    case Kind::kDecimalText:
      if (declared != nullptr && declared->kind() == TypeKind::kDecimal128) return *declared;
      return Type(TypeKind::kString);
    case Kind::kIntText: return Type(TypeKind::kInt64);
    case Kind::kFloatText: return Type(TypeKind::kFloat64);
    case Kind::kArray: return array_type(encoding, declared, 0);
    case Kind::kRaggedArray: {
      const Type* element = declared != nullptr && declared->is_list() ? &declared->element() : nullptr;
      return Type::list(number_type(encoding.number, element));
    }
    case Kind::kOther: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace headrace
