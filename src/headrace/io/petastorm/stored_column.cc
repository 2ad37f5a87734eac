// See stored_column.h. What Petastorm 0.13.1 does with each numpy type, which the choices below rest on:
//
//   make_reader hands `numpy_dtype(value)` of what pandas made of the Parquet value. str_ and bytes_ drop zeros at the
//   end; datetime64 refuses pandas' null; of a list, numbers and bool make an array, str_ and datetime64 do not.
//   object_ hands the value over as it is: that is what binary, null times and lists of texts take.
#include "headrace/io/petastorm/stored_column.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/value.h"
#include "headrace/io/petastorm/npy_column.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

constexpr std::array kPythonKeywords = {
    std::string_view("False"),   std::string_view("None"),     std::string_view("True"),     std::string_view("and"),
    std::string_view("as"),      std::string_view("assert"),   std::string_view("async"),    std::string_view("await"),
    std::string_view("break"),   std::string_view("class"),    std::string_view("continue"), std::string_view("def"),
    std::string_view("del"),     std::string_view("elif"),     std::string_view("else"),     std::string_view("except"),
    std::string_view("finally"), std::string_view("for"),      std::string_view("from"),     std::string_view("global"),
    std::string_view("if"),      std::string_view("import"),   std::string_view("in"),       std::string_view("is"),
    std::string_view("lambda"),  std::string_view("nonlocal"), std::string_view("not"),      std::string_view("or"),
    std::string_view("pass"),    std::string_view("raise"),    std::string_view("return"),   std::string_view("try"),
    std::string_view("while"),   std::string_view("with"),     std::string_view("yield"),
};

/// Of Python's datetime.date: 0001-01-01 to 9999-12-31.
constexpr std::int64_t kDayMin = -719162;
constexpr std::int64_t kDayMax = 2932896;
/// Of pandas' timestamps, which are int64 nanoseconds.
constexpr std::int64_t kMicrosecondMax = INT64_MAX / 1000;

bool is_letter_digit_or_underscore(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Petastorm makes a named tuple of the columns.
void check_name(const std::string& name) {
  bool is_good = !name.empty() && name[0] != '_' && !(name[0] >= '0' && name[0] <= '9') &&
                 std::all_of(name.begin(), name.end(), is_letter_digit_or_underscore) &&
                 std::find(kPythonKeywords.begin(), kPythonKeywords.end(), name) == kPythonKeywords.end();
  if (is_good) return;
  throw Error(ErrorCode::kUnsupported, fmt::format("column '{}' has a name that Petastorm cannot read", name),
              "rename it: a letter, then letters, digits and '_', no keyword of Python");
}

[[noreturn]] void refuse(const Field& field) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("column '{}' is {}, which a Unischema cannot hold", field.name, field.type.to_string()),
              "leave the column out, or remove `petastorm: true`");
}

std::string_view scalar_dtype(const Field& field) {
  switch (field.type.kind()) {
    case TypeKind::kBool: return "bool_";
    case TypeKind::kInt8: return "int8";
    case TypeKind::kInt16: return "int16";
    case TypeKind::kInt32: return "int32";
    case TypeKind::kInt64: return "int64";
    case TypeKind::kFloat32: return "float32";
    case TypeKind::kFloat64: return "float64";
    case TypeKind::kDecimal128: return "Decimal";
    case TypeKind::kString: return "str_";
    case TypeKind::kBinary: return "object_";
    case TypeKind::kDate: return "datetime64";
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return field.nullable ? "object_" : "datetime64";
    default: refuse(field);
  }
}

bool is_number_or_bool(const Type& type) {
  return type.kind() == TypeKind::kBool || type.is_integer() || type.is_floating();
}

StoredColumn stored_list(const Field& field) {
  const Type& element = field.type.element();
  if (element.is_nested()) refuse(field);
  bool is_fixed = field.type.kind() == TypeKind::kFixedSizeList;
  bool is_array = element.is_timestamp() || (!is_fixed && can_be_array(field.type));
  StoredColumn column;
  column.stored = {field.name, is_array ? Type(TypeKind::kBinary) : Type::list(element), field.nullable};
  // Of a single float64, Python's float is made.
  bool is_single = is_fixed && field.type.list_size() == 1 && element.kind() == TypeKind::kFloat64;
  bool has_dtype = is_array || (is_number_or_bool(element) && !is_single);
  column.field.numpy_dtype = has_dtype ? scalar_dtype({field.name, element, /*nullable=*/false}) : "object_";
  column.field.shape = {is_fixed ? std::optional<std::int64_t>(field.type.list_size()) : std::nullopt};
  if (is_array) column.field.codec.kind = UnischemaCodec::Kind::kNdarray;
  return column;
}

/// fixed_size_list as the list that it is.
Column as_list(const Column& column, const Type& list, MemoryBudget& memory) {
  if (column.type().kind() == TypeKind::kList) return column;
  std::size_t rows = static_cast<std::size_t>(column.length());
  std::int32_t size = column.type().list_size();
  bool has_nulls = column.null_count() > 0;
  std::shared_ptr<Buffer> offsets = Buffer::allocate(memory, (rows + 1) * sizeof(std::int32_t));
  std::vector<std::int32_t> kept;
  std::int32_t end = 0;
  offsets->mutable_as<std::int32_t>()[0] = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    bool is_null = has_nulls && column.is_null(static_cast<std::int64_t>(row));
    for (std::int32_t i = 0; has_nulls && !is_null && i < size; ++i) {
      kept.push_back(static_cast<std::int32_t>(row) * size + i);
    }
    end += is_null ? 0 : size;
    offsets->mutable_as<std::int32_t>()[row + 1] = end;
  }
  Column child = has_nulls ? gather(memory, column.child(0), kept) : column.child(0);
  std::shared_ptr<const Buffer> validity =
      column.validity() == nullptr ? nullptr : Buffer::wrap(column.validity(), rows, column.validity_buffer());
  return Column::list(list, column.length(), std::move(offsets), std::move(child), std::move(validity));
}

[[noreturn]] void refuse_value(std::string_view what, std::string_view cause, std::string hint) {
  throw Error(ErrorCode::kBadData, fmt::format("{}: {}", what, cause), std::move(hint));
}

template <typename T>
void check_range(const Column& column, std::int64_t min, std::int64_t max, std::string_view what) {
  std::span<const T> values = column.values<T>();
  auto bad = std::find_if(values.begin(), values.end(), [&](T value) { return value < min || value > max; });
  if (bad == values.end()) return;
  refuse_value(what,
               fmt::format("{} is out of the range that Petastorm reads", format_cell(column, bad - values.begin())),
               "filter the rows or replace the value in a step");
}

/// Values of a scalar column or of a native list's elements.
void check_values(const Column& values, std::string_view what) {
  if (values.type().kind() == TypeKind::kDate) check_range<std::int32_t>(values, kDayMin, kDayMax, what);
  if (values.type().is_timestamp()) check_range<std::int64_t>(values, -kMicrosecondMax, kMicrosecondMax, what);
}

void check_texts(const Column& texts, std::string_view what) {
  for (std::int64_t row = 0; row < texts.length(); ++row) {
    if (!texts.string_at(row).ends_with('\0')) continue;
    refuse_value(what, "a text ends with a zero character, which Petastorm drops", "replace it in a step");
  }
}

/// The elements that the rows of a list column have.
Column used_elements(const Column& lists) {
  std::int32_t start = lists.offsets()[0];
  return lists.child(0).slice(start, lists.offsets()[static_cast<std::size_t>(lists.length())] - start);
}

/// What the writer of an image was asked for; readers take no notice of it. Petastorm's default.
constexpr std::int64_t kImageQuality = 80;

/// What files of the codec begin with; empty for others.
std::string_view image_signature(std::string_view codec) {
  if (codec == "png") return "\x89PNG\r\n\x1a\n";
  return codec == "jpeg" ? "\xff\xd8\xff" : "";
}

/// OpenCV would give nothing for what is no image.
void check_images(const Column& column, const std::string& codec, std::string_view what) {
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (column.is_null(row) || column.string_at(row).starts_with(image_signature(codec))) continue;
    refuse_value(what, fmt::format("a value is no {} file", codec), "drop such rows in a step, or leave out images");
  }
}

}  // namespace

StoredColumn stored_column(const Field& field, const ImageColumns& images) {
  check_name(field.name);
  StoredColumn column;
  if (field.type.is_list()) {
    column = stored_list(field);
  } else {
    column.stored = field;
    column.field.numpy_dtype = scalar_dtype(field);
  }
  if (auto image = images.find(field.name); image != images.end()) {
    column.field.numpy_dtype = "uint8";
    column.field.shape = {std::nullopt, std::nullopt, 3};
    column.field.codec.kind = UnischemaCodec::Kind::kCompressedImage;
    column.field.codec.image_codec = image->second;
    column.field.codec.quality = kImageQuality;
  }
  column.field.name = field.name;
  column.field.nullable = field.nullable;
  return column;
}

void check_petastorm_schema(const Schema& schema, const ImageColumns& images) {
  for (const Field& field : schema) stored_column(field);
  for (const auto& [name, codec] : images) {
    const Type& type = schema[schema.index_of(name)].type;
    if (type.kind() != TypeKind::kBinary) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("column '{}' of images is {}, image files are binary", name, type.to_string()),
                  "leave it out of images, or read the files as binary");
    }
    if (image_signature(codec).empty()) {
      throw Error(ErrorCode::kUnsupported, fmt::format("column '{}': unknown image codec '{}'", name, codec),
                  "use png or jpeg");
    }
  }
}

Schema stored_schema(const Schema& schema) {
  std::vector<Field> fields;
  for (const Field& field : schema) fields.push_back(stored_column(field).stored);
  return Schema(std::move(fields));
}

Unischema unischema_of(const Schema& schema, std::string_view name, const ImageColumns& images) {
  Unischema unischema{std::string(name), {}};
  for (char& c : unischema.name) c = is_letter_digit_or_underscore(c) ? c : '_';
  bool starts_badly = unischema.name.empty() || (unischema.name[0] >= '0' && unischema.name[0] <= '9');
  if (starts_badly) unischema.name.insert(0, "_");
  for (const Field& field : schema) unischema.fields.push_back(stored_column(field, images).field);
  return unischema;
}

Column to_stored(const Column& column, const StoredColumn& form, std::string_view what, MemoryBudget& memory) {
  if (form.field.codec.kind == UnischemaCodec::Kind::kCompressedImage) {
    check_images(column, form.field.codec.image_codec, what);
    return column;
  }
  if (column.type().kind() == TypeKind::kString) {
    // Of a dictionary, each text once, though it may hold more texts than these rows use.
    check_texts(column.is_dictionary() && !column.dictionary()->is_dictionary() ? *column.dictionary() : column, what);
    return column;
  }
  bool is_kept = column.type() == form.stored.type && !column.type().is_nested();
  bool is_time = column.type().kind() == TypeKind::kDate || column.type().is_timestamp();
  if (is_kept && !is_time) return column;
  Column plain = flatten(memory, column);
  if (is_kept) {
    check_values(plain, what);
    return plain;
  }
  if (form.stored.type.kind() == TypeKind::kBinary) return encode_arrays(plain, what, memory);
  Column list = as_list(plain, form.stored.type, memory);
  Column elements = used_elements(list);
  bool holds_null = is_number_or_bool(elements.type()) && elements.null_count() > 0;
  if (holds_null) {
    refuse_value(what, "a list holds a null, which Petastorm does not tell from a number", "fill the nulls in a step");
  }
  check_values(elements, what);
  return list;
}

}  // namespace headrace
