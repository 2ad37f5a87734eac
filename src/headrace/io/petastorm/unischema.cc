// See unischema.h.
#include "headrace/io/petastorm/unischema.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVersionKey = "headrace_unischema";
constexpr std::int64_t kVersion = 1;
constexpr int kDepthMax = 6;

constexpr std::array kNumpyDtypes = {
    std::string_view("bool_"),   std::string_view("int8"),       std::string_view("int16"),
    std::string_view("int32"),   std::string_view("int64"),      std::string_view("uint8"),
    std::string_view("uint16"),  std::string_view("uint32"),     std::string_view("uint64"),
    std::string_view("float16"), std::string_view("float32"),    std::string_view("float64"),
    std::string_view("str_"),    std::string_view("bytes_"),     std::string_view("object_"),
    std::string_view("Decimal"), std::string_view("datetime64"), std::string_view("timedelta64"),
};

constexpr std::array kSparkClasses = {
    std::string_view("NullType"),         std::string_view("StringType"),  std::string_view("BinaryType"),
    std::string_view("BooleanType"),      std::string_view("DateType"),    std::string_view("TimestampType"),
    std::string_view("TimestampNTZType"), std::string_view("DecimalType"), std::string_view("DoubleType"),
    std::string_view("FloatType"),        std::string_view("ByteType"),    std::string_view("ShortType"),
    std::string_view("IntegerType"),      std::string_view("LongType"),    std::string_view("ArrayType"),
    std::string_view("CharType"),         std::string_view("VarcharType"),
};

constexpr std::pair<UnischemaCodec::Kind, std::string_view> kKindNames[] = {
    {UnischemaCodec::Kind::kScalar, "scalar"},
    {UnischemaCodec::Kind::kNdarray, "ndarray"},
    {UnischemaCodec::Kind::kCompressedNdarray, "compressed_ndarray"},
    {UnischemaCodec::Kind::kCompressedImage, "compressed_image"},
};

std::string_view kind_name(UnischemaCodec::Kind kind) {
  for (const auto& [known, name] : kKindNames) {
    if (known == kind) return name;
  }
  return "none";
}

[[noreturn]] void refuse(std::string message) { throw Error(ErrorCode::kBadData, std::move(message)); }

Json codec_json(const UnischemaCodec& codec) {
  if (codec.kind == UnischemaCodec::Kind::kNone) return nullptr;
  Json json = {{"kind", kind_name(codec.kind)}};
  if (codec.kind == UnischemaCodec::Kind::kScalar) json["spark_type"] = codec.spark_type;
  if (codec.kind == UnischemaCodec::Kind::kCompressedImage) {
    json["image_codec"] = codec.image_codec;
    json["quality"] = codec.quality;
  }
  return json;
}

/// The value of `key` in an object; refuses what is no object or lacks the key.
const Json& at(const Json& json, const char* key) {
  if (!json.is_object()) refuse(fmt::format("an object with the key '{}' is wanted", key));
  auto found = json.find(key);
  if (found == json.end()) refuse(fmt::format("the key '{}' is missing", key));
  return *found;
}

std::string text_at(const Json& json, const char* key) {
  const Json& value = at(json, key);
  if (!value.is_string()) refuse(fmt::format("'{}' is no text", key));
  return value.get<std::string>();
}

std::int64_t integer_of(const Json& value, const char* what) {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)) {
    refuse(fmt::format("'{}' is no whole number", what));
  }
  return value.get<std::int64_t>();
}

UnischemaCodec read_codec(const Json& json) {
  UnischemaCodec codec;
  if (json.is_null()) return codec;
  std::string name = text_at(json, "kind");
  for (const auto& [kind, known] : kKindNames) {
    if (known == name) codec.kind = kind;
  }
  if (codec.kind == UnischemaCodec::Kind::kNone) refuse(fmt::format("{} is no kind of codec", excerpt(name)));
  if (codec.kind == UnischemaCodec::Kind::kScalar) codec.spark_type = text_at(json, "spark_type");
  if (codec.kind == UnischemaCodec::Kind::kCompressedImage) {
    codec.image_codec = text_at(json, "image_codec");
    codec.quality = integer_of(at(json, "quality"), "quality");
  }
  return codec;
}

UnischemaField read_field(const Json& json) {
  UnischemaField field;
  field.name = text_at(json, "name");
  field.numpy_dtype = text_at(json, "numpy_dtype");
  const Json& shape = at(json, "shape");
  if (!shape.is_array()) refuse("'shape' is no list");
  for (const Json& size : shape) {
    field.shape.push_back(size.is_null() ? std::nullopt : std::optional(integer_of(size, "shape")));
  }
  field.codec = read_codec(at(json, "codec"));
  if (!at(json, "nullable").is_boolean()) refuse("'nullable' is neither true nor false");
  field.nullable = json["nullable"].get<bool>();
  return field;
}

Json parse(std::string_view text) {
  auto watch = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kDepthMax) refuse("it nests too deep");
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::exception& error) {
    refuse(error.what());
  }
}

/// "IntegerType" or "DecimalType(10,2)".
bool is_spark_type(std::string_view type) {
  std::size_t open = type.find('(');
  if (!is_spark_class(type.substr(0, open))) return false;
  if (open == std::string_view::npos) return true;
  if (type.substr(0, open) != "DecimalType" || !type.ends_with(')')) return false;
  std::string_view numbers = type.substr(open + 1, type.size() - open - 2);
  std::size_t comma = numbers.find(',');
  auto is_short_number = [](std::string_view text) {
    return !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return comma != std::string_view::npos && is_short_number(numbers.substr(0, comma)) &&
         is_short_number(numbers.substr(comma + 1));
}

Unischema read(std::string_view text) {
  Json json = parse(text);
  if (integer_of(at(json, kVersionKey), kVersionKey) != kVersion) refuse("it is of a version that is not known");
  Unischema schema;
  schema.name = text_at(json, "name");
  if (!at(json, "fields").is_array()) refuse("'fields' is no list");
  for (const Json& field : json["fields"]) schema.fields.push_back(read_field(field));
  check_unischema(schema);
  return schema;
}

}  // namespace

const UnischemaField* Unischema::find(std::string_view field) const {
  auto found = std::find_if(fields.begin(), fields.end(), [&](const UnischemaField& f) { return f.name == field; });
  return found == fields.end() ? nullptr : &*found;
}

std::string Unischema::to_json() const {
  Json list = Json::array();
  for (const UnischemaField& field : fields) {
    Json shape = Json::array();
    for (const std::optional<std::int64_t>& size : field.shape) shape.push_back(size ? Json(*size) : Json());
    list.push_back({{"name", field.name},
                    {"numpy_dtype", field.numpy_dtype},
                    {"shape", std::move(shape)},
                    {"codec", codec_json(field.codec)},
                    {"nullable", field.nullable}});
  }
  return Json{{kVersionKey, kVersion}, {"name", name}, {"fields", std::move(list)}}.dump();
}

Unischema Unischema::from_json(std::string_view text) {
  try {
    return read(text);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("cannot read the Unischema's JSON: {}", error.message()));
  }
}

std::string to_string(const UnischemaField& field) {
  std::string shape;
  for (const std::optional<std::int64_t>& size : field.shape) {
    shape += (shape.empty() ? "" : ", ") + (size ? fmt::format("{}", *size) : "?");
  }
  std::string text = fmt::format("{} ({}) {}", field.numpy_dtype, shape, kind_name(field.codec.kind));
  if (!field.codec.spark_type.empty()) text += " " + field.codec.spark_type;
  if (!field.codec.image_codec.empty()) text += " " + field.codec.image_codec;
  return text + (field.nullable ? "" : ", not null");
}

void check_unischema(const Unischema& schema) {
  auto check_text = [](const std::string& text) {
    if (valid_utf8_bytes(text) != text.size()) refuse(fmt::format("the name {} is no UTF-8", excerpt(text)));
  };
  check_text(schema.name);
  std::set<std::string_view> names;
  for (const UnischemaField& field : schema.fields) {
    check_text(field.name);
    check_text(field.codec.image_codec);
    if (!names.insert(field.name).second) refuse(fmt::format("two fields are named {}", excerpt(field.name)));
    if (!is_numpy_dtype(field.numpy_dtype)) {
      refuse(fmt::format("field {} has the type {}, which is none of numpy's", excerpt(field.name),
                         excerpt(field.numpy_dtype)));
    }
    if (field.codec.kind == UnischemaCodec::Kind::kScalar && !is_spark_type(field.codec.spark_type)) {
      refuse(fmt::format("field {} has the type {}, which is none of Spark's", excerpt(field.name),
                         excerpt(field.codec.spark_type)));
    }
    for (const std::optional<std::int64_t>& size : field.shape) {
      if (size && *size < 0) refuse(fmt::format("field {} has a size of {}", excerpt(field.name), *size));
    }
  }
}

bool is_numpy_dtype(std::string_view name) {
  return std::find(kNumpyDtypes.begin(), kNumpyDtypes.end(), name) != kNumpyDtypes.end();
}

bool is_spark_class(std::string_view type) {
  return std::find(kSparkClasses.begin(), kSparkClasses.end(), type) != kSparkClasses.end();
}

}  // namespace headrace
