// Reads pickled Unischemas. See unischema_pickle.h; pickle_writer.cc writes them.
//
// What a field is made of, in the data that pickle_reader.h gives:
//
//   UnischemaField   an object of that class with the arguments (name, type, shape, codec, nullable), in protocols 0
//                    and 1 called through copy_reg._reconstructor(class, tuple, arguments)
//   type             a global "numpy int64", "decimal Decimal", "builtins str", or numpy.dtype called with "i8"
//   codec            None or an object whose state is its __dict__
#include "headrace/io/petastorm/unischema_pickle.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/petastorm/pickle_reader.h"

namespace headrace {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kPickleBytesMax = std::size_t{64} << 20;

/// Where Petastorm's modules have been over time.
constexpr std::array kPackages = {
    std::string_view("petastorm."),
    std::string_view("av.experimental.deepdrive.dataset_toolkit."),
    std::string_view("av.ml.dataset_toolkit."),
};
constexpr std::array kOwnNames = {
    std::string_view("unischema Unischema"),
    std::string_view("unischema UnischemaField"),
    std::string_view("codecs ScalarCodec"),
    std::string_view("codecs NdarrayCodec"),
    std::string_view("codecs CompressedNdarrayCodec"),
    std::string_view("codecs CompressedImageCodec"),
};
constexpr std::array kOtherNames = {
    std::string_view("collections OrderedDict"), std::string_view("copy_reg _reconstructor"),
    std::string_view("copyreg _reconstructor"),  std::string_view("copy_reg __newobj__"),
    std::string_view("copyreg __newobj__"),      std::string_view("builtins object"),
    std::string_view("__builtin__ object"),      std::string_view("builtins tuple"),
    std::string_view("__builtin__ tuple"),       std::string_view("numpy dtype"),
};
/// Types by the names that numpy, Python 2 and Python 3 give them, and numpy's name today.
constexpr std::pair<std::string_view, std::string_view> kTypeNames[] = {
    {"numpy bool", "bool_"},          {"numpy string_", "bytes_"},     {"numpy unicode_", "str_"},
    {"numpy long", "int64"},          {"numpy longlong", "int64"},     {"numpy ulonglong", "uint64"},
    {"numpy int_", "int64"},          {"numpy float_", "float64"},     {"decimal Decimal", "Decimal"},
    {"_decimal Decimal", "Decimal"},  {"cdecimal Decimal", "Decimal"}, {"builtins str", "str_"},
    {"builtins bytes", "bytes_"},     {"builtins bool", "bool_"},      {"builtins int", "int64"},
    {"builtins float", "float64"},    {"__builtin__ unicode", "str_"}, {"__builtin__ str", "str_"},
    {"__builtin__ bool", "bool_"},    {"__builtin__ int", "int64"},    {"__builtin__ long", "int64"},
    {"__builtin__ float", "float64"}, {"builtins object", "object_"},  {"__builtin__ object", "object_"},
};
/// Codes of numpy.dtype, less the byte order.
constexpr std::pair<std::string_view, std::string_view> kDtypeCodes[] = {
    {"b1", "bool_"},   {"i1", "int8"},    {"i2", "int16"},      {"i4", "int32"},
    {"i8", "int64"},   {"u1", "uint8"},   {"u2", "uint16"},     {"u4", "uint32"},
    {"u8", "uint64"},  {"f2", "float16"}, {"f4", "float32"},    {"f8", "float64"},
    {"O8", "object_"}, {"O", "object_"},  {"M8", "datetime64"}, {"m8", "timedelta64"},
};
constexpr std::string_view kNumpyPrefix = "numpy ";
constexpr std::string_view kSparkPrefix = "pyspark.sql.types ";

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// "codecs ScalarCodec" of one of Petastorm's own names, or nothing.
std::string_view own_name(std::string_view global) {
  for (std::string_view package : kPackages) {
    if (global.starts_with(package) && contains(kOwnNames, global.substr(package.size()))) {
      return global.substr(package.size());
    }
  }
  return {};
}

/// Numpy's name of a type, or nothing when the global is none.
std::string_view type_name(std::string_view global) {
  for (const auto& [name, today] : kTypeNames) {
    if (name == global) return today;
  }
  if (!global.starts_with(kNumpyPrefix)) return {};
  std::string_view name = global.substr(kNumpyPrefix.size());
  return is_numpy_dtype(name) && name != "Decimal" ? name : std::string_view();
}

bool is_spark_type(std::string_view global) {
  return global.starts_with(kSparkPrefix) && is_spark_class(global.substr(kSparkPrefix.size()));
}

bool is_known(std::string_view global) {
  return contains(kOtherNames, global) || !own_name(global).empty() || !type_name(global).empty() ||
         is_spark_type(global);
}

[[noreturn]] void refuse(const PickleValue& value, std::string_view cause) {
  throw Error(ErrorCode::kBadData, fmt::format("the pickle is no Unischema: byte {}: {}", value.offset, cause),
              "the metadata is damaged, or it was not written by Petastorm");
}

/// An object of Python, however it was made.
struct Instance {
  std::string_view type;                      // its class, a global
  const std::vector<std::size_t>* arguments;  // of its constructor
};

class Interpreter {
 public:
  explicit Interpreter(const Pickle& pickle) : pickle_(pickle) {}

  Unischema schema() const {
    const PickleValue& root = pickle_[pickle_.root];
    if (own_name(instance(root).type) != "unischema Unischema") refuse(root, "it is no object of the class Unischema");
    Unischema schema;
    schema.name = text(attribute(root, "_name"), "the name of the schema");
    for (std::size_t field : ordered_values(attribute(root, "_fields"))) schema.fields.push_back(read_field(field));
    check_unischema(schema);
    return schema;
  }

 private:
  const PickleValue& global(std::size_t index) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kGlobal) refuse(value, "a class is wanted");
    return value;
  }

  const PickleValue& tuple(std::size_t index) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kTuple) refuse(value, "a tuple is wanted");
    return value;
  }

  Instance instance(const PickleValue& value) const {
    if (value.kind != Kind::kObject) refuse(value, "an object is wanted");
    const PickleValue& called = global(value.children[0]);
    const PickleValue& arguments = tuple(value.children[1]);
    if (!called.text.ends_with(" _reconstructor") && !called.text.ends_with(" __newobj__")) {
      return {called.text, &arguments.children};
    }
    if (arguments.children.empty()) refuse(value, "a call names no class");
    std::string_view type = global(arguments.children[0]).text;
    bool has_content = arguments.children.size() == 3 && pickle_[arguments.children[2]].kind == Kind::kTuple;
    return {type, has_content ? &pickle_[arguments.children[2]].children : &kNoArguments};
  }

  /// A value of the object's __dict__; the later one where a key occurs twice.
  std::size_t attribute(const PickleValue& object, std::string_view name) const {
    if (object.state == PickleValue::kNoState) refuse(object, fmt::format("it has no attribute '{}'", name));
    const PickleValue& state = pickle_[object.state];
    if (state.kind != Kind::kDict) refuse(state, "the attributes of an object are no dictionary");
    for (std::size_t i = state.children.size(); i > 0; i -= 2) {
      const PickleValue& key = pickle_[state.children[i - 2]];
      if (key.kind == Kind::kText && key.text == name) return state.children[i - 1];
    }
    refuse(object, fmt::format("it has no attribute '{}'", name));
  }

  /// The values of an OrderedDict: set one by one, or, by Python 2, given as a list of pairs.
  std::vector<std::size_t> ordered_values(std::size_t index) const {
    const PickleValue& dict = pickle_[index];
    std::vector<std::size_t> values;
    std::size_t first_item = 0;
    if (dict.kind == Kind::kObject) {
      Instance object = instance(dict);
      if (object.type != "collections OrderedDict") refuse(dict, "the fields are no OrderedDict");
      if (!object.arguments->empty()) add_pairs(object.arguments->front(), values);
      first_item = 2;
    } else if (dict.kind != Kind::kDict) {
      refuse(dict, "the fields are no dictionary");
    }
    for (std::size_t i = first_item; i + 1 < dict.children.size(); i += 2) values.push_back(dict.children[i + 1]);
    return values;
  }

  void add_pairs(std::size_t index, std::vector<std::size_t>& values) const {
    const PickleValue& list = pickle_[index];
    if (list.kind != Kind::kList && list.kind != Kind::kTuple) refuse(list, "the fields are no list");
    for (std::size_t item : list.children) {
      const PickleValue& pair = pickle_[item];
      bool is_pair = (pair.kind == Kind::kList || pair.kind == Kind::kTuple) && pair.children.size() == 2;
      if (!is_pair) refuse(pair, "an item is no pair");
      values.push_back(pair.children[1]);
    }
  }

  UnischemaField read_field(std::size_t index) const {
    const PickleValue& value = pickle_[index];
    Instance object = instance(value);
    if (own_name(object.type) != "unischema UnischemaField") refuse(value, "a field is no UnischemaField");
    const std::vector<std::size_t>& parts = *object.arguments;
    if (parts.size() < 3 || parts.size() > 5) refuse(value, "a field has not its five parts");
    UnischemaField field;
    field.name = text(parts[0], "the name of a field");
    field.numpy_dtype = dtype(parts[1]);
    for (std::size_t size : tuple(parts[2]).children) field.shape.push_back(size_of(size));
    if (parts.size() > 3) field.codec = codec(parts[3]);
    if (parts.size() > 4) field.nullable = flag(parts[4]);
    return field;
  }

  std::string text(std::size_t index, std::string_view what) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kText) refuse(value, fmt::format("{} is no text", what));
    return value.text;
  }

  bool flag(std::size_t index) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kBool && value.kind != Kind::kInt && value.kind != Kind::kNone) {
      refuse(value, "true or false is wanted");
    }
    return value.integer != 0;
  }

  std::int64_t integer(std::size_t index) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kInt) refuse(value, "a whole number is wanted");
    return value.integer;
  }

  std::optional<std::int64_t> size_of(std::size_t index) const {
    return pickle_[index].kind == Kind::kNone ? std::nullopt : std::optional(integer(index));
  }

  std::string dtype(std::size_t index) const {
    const PickleValue& value = pickle_[index];
    std::string_view name;
    if (value.kind == Kind::kGlobal) {
      name = type_name(value.text);
    } else {
      Instance object = instance(value);
      if (object.type == "numpy dtype" && !object.arguments->empty()) {
        std::string code = text(object.arguments->front(), "the code of a type");
        name = name_of_code(code);
      }
    }
    if (name.empty()) refuse(value, "a field has no type of numpy");
    return std::string(name);
  }

  static std::string_view name_of_code(std::string_view code) {
    for (const auto& [known, name] : kDtypeCodes) {
      if (known == code) return name;
    }
    if (code.starts_with('U')) return "str_";
    if (code.starts_with('S')) return "bytes_";
    return {};
  }

  UnischemaCodec codec(std::size_t index) const {
    const PickleValue& value = pickle_[index];
    UnischemaCodec codec;
    if (value.kind == Kind::kNone) return codec;
    std::string_view name = own_name(instance(value).type);
    if (name == "codecs ScalarCodec") {
      codec.kind = UnischemaCodec::Kind::kScalar;
      codec.spark_type = spark_type(attribute(value, "_spark_type"));
    } else if (name == "codecs NdarrayCodec") {
      codec.kind = UnischemaCodec::Kind::kNdarray;
    } else if (name == "codecs CompressedNdarrayCodec") {
      codec.kind = UnischemaCodec::Kind::kCompressedNdarray;
    } else if (name == "codecs CompressedImageCodec") {
      codec.kind = UnischemaCodec::Kind::kCompressedImage;
      codec.image_codec = text(attribute(value, "_image_codec"), "the name of an image codec");
      if (codec.image_codec.starts_with('.')) codec.image_codec.erase(0, 1);
      codec.quality = integer(attribute(value, "_quality"));
    } else {
      refuse(value, "a field has no codec of Petastorm");
    }
    return codec;
  }

  /// Of a type or, as ScalarCodec(IntegerType) gives it, its class.
  std::string spark_type(std::size_t index) const {
    const PickleValue& value = pickle_[index];
    std::string_view type = value.kind == Kind::kGlobal ? std::string_view(value.text) : instance(value).type;
    if (!is_spark_type(type)) refuse(value, "a codec has no type of Spark");
    std::string name(type.substr(kSparkPrefix.size()));
    if (name != "DecimalType" || value.state == PickleValue::kNoState) return name;
    return fmt::format("{}({},{})", name, integer(attribute(value, "precision")), integer(attribute(value, "scale")));
  }

  static inline const std::vector<std::size_t> kNoArguments;
  const Pickle& pickle_;
};

}  // namespace

Unischema read_unischema_pickle(std::string_view pickle, MemoryBudget& memory) {
  if (pickle.size() > kPickleBytesMax) {
    throw Error(ErrorCode::kBadData, fmt::format("the pickle of a Unischema has {} bytes, too many", pickle.size()));
  }
  Pickle values = read_pickle(pickle, is_known, memory);
  return Interpreter(values).schema();
}

}  // namespace headrace
