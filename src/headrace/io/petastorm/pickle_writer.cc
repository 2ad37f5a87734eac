// Writes pickled Unischemas. See unischema_pickle.h.
//
// Protocol 2, which every Python from 2.3 on reads. Memo entries: 0 the class UnischemaField, then two a field: its
// name and itself, which stand both in `_fields` and as attributes.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/petastorm/unischema_pickle.h"

namespace headrace {
namespace {

/// What a Unischema has anyway: a field of that name gets no attribute, as in Petastorm.
constexpr std::array kTakenNames = {
    std::string_view("_name"),
    std::string_view("_fields"),
    std::string_view("fields"),
    std::string_view("create_schema_view"),
    std::string_view("_get_namedtuple"),
    std::string_view("as_spark_schema"),
    std::string_view("make_namedtuple"),
    std::string_view("make_namedtuple_tf"),
    std::string_view("from_arrow_schema"),
};

bool has_attribute(std::string_view name) {
  bool is_taken = std::find(kTakenNames.begin(), kTakenNames.end(), name) != kTakenNames.end();
  return !is_taken && !(name.starts_with("__") && name.ends_with("__"));
}

class Writer {
 public:
  std::string write(const Unischema& schema) {
    op("\x80\x02");
    global("petastorm.unischema Unischema");
    op(")\x81}(");
    text("_name");
    text(schema.name);
    text("_fields");
    global("collections OrderedDict");
    op(")R(");
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
      text(schema.fields[i].name);
      put(name_entry(i));
      field(schema.fields[i], i);
      put(field_entry(i));
    }
    op("u");
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
      if (!has_attribute(schema.fields[i].name)) continue;
      get(name_entry(i));
      get(field_entry(i));
    }
    op("ub.");
    return std::move(out_);
  }

 private:
  static std::uint32_t name_entry(std::size_t field) { return static_cast<std::uint32_t>(1 + 2 * field); }
  static std::uint32_t field_entry(std::size_t field) { return static_cast<std::uint32_t>(2 + 2 * field); }

  void op(std::string_view opcodes) { out_ += opcodes; }

  template <typename T>
  void number(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

  void put(std::uint32_t entry) {
    op("r");
    number(entry);
  }

  void get(std::uint32_t entry) {
    op("j");
    number(entry);
  }

  /// "module name"; neither has a line break.
  void global(std::string_view name) {
    std::size_t space = name.find(' ');
    out_ += fmt::format("c{}\n{}\n", name.substr(0, space), name.substr(space + 1));
  }

  void text(std::string_view value) {
    op("X");
    number(static_cast<std::uint32_t>(value.size()));
    op(value);
  }

  void integer(std::int64_t value) {
    bool is_small = value >= INT32_MIN && value <= INT32_MAX;
    op(is_small ? std::string_view("J") : std::string_view("\x8a\x08"));
    is_small ? number(static_cast<std::int32_t>(value)) : number(value);
  }

  void field(const UnischemaField& field, std::size_t index) {
    if (index == 0) {
      global("petastorm.unischema UnischemaField");
      put(0);
    } else {
      get(0);
    }
    op("(");
    get(name_entry(index));
    global(field.numpy_dtype == "Decimal" ? "decimal Decimal" : "numpy " + field.numpy_dtype);
    op("(");
    for (const std::optional<std::int64_t>& size : field.shape) size ? integer(*size) : op("N");
    op("t");
    codec(field.codec);
    op(field.nullable ? "\x88" : "\x89");
    op("t\x81");
  }

  void codec(const UnischemaCodec& codec) {
    switch (codec.kind) {
      case UnischemaCodec::Kind::kNone: return op("N");
      case UnischemaCodec::Kind::kNdarray: global("petastorm.codecs NdarrayCodec"); return op(")\x81");
      case UnischemaCodec::Kind::kCompressedNdarray:
        global("petastorm.codecs CompressedNdarrayCodec");
        return op(")\x81");
      case UnischemaCodec::Kind::kCompressedImage:
        global("petastorm.codecs CompressedImageCodec");
        op(")\x81}(");
        text("_image_codec");
        text("." + codec.image_codec);
        text("_quality");
        integer(codec.quality);
        return op("ub");
      case UnischemaCodec::Kind::kScalar:
        global("petastorm.codecs ScalarCodec");
        op(")\x81}");
        text("_spark_type");
        spark_type(codec.spark_type);
        return op("sb");
    }
  }

  /// "IntegerType", or "DecimalType(10,2)" with its attributes.
  void spark_type(std::string_view type) {
    std::size_t open = type.find('(');
    global(fmt::format("pyspark.sql.types {}", type.substr(0, open)));
    op(")\x81");
    if (open == std::string_view::npos) return;
    std::int64_t precision = 0;
    std::int64_t scale = 0;
    auto [comma, error] = std::from_chars(type.data() + open + 1, type.data() + type.size(), precision);
    HEADRACE_CHECK(error == std::errc() && *comma == ',');
    HEADRACE_CHECK(std::from_chars(comma + 1, type.data() + type.size(), scale).ec == std::errc());
    op("}(");
    text("precision");
    integer(precision);
    text("scale");
    integer(scale);
    text("hasPrecisionInfo");
    op("\x88ub");
  }

  std::string out_;
};

}  // namespace

std::string write_unischema_pickle(const Unischema& schema) {
  check_unischema(schema);
  return Writer().write(schema);
}

}  // namespace headrace
