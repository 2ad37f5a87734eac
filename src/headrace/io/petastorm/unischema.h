// The Unischema: what Petastorm knows of the columns of a Parquet data set.
//
// It stands in the metadata of a file `_common_metadata` beside the data, pickled by Python (unischema_pickle.h), and
// beside that as JSON, which is ours:
//
//   {"headrace_unischema": 1, "name": "rows", "fields": [
//     {"name": "x", "numpy_dtype": "float32", "shape": [null, 3], "codec": {"kind": "ndarray"}, "nullable": false}]}
//
//   codec   null, or {"kind": "scalar", "spark_type": "DecimalType(10,2)"}, {"kind": "ndarray"},
//           {"kind": "compressed_ndarray"}, {"kind": "compressed_image", "image_codec": "png", "quality": 80}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headrace {

/// How the values of a field are stored in its Parquet column.
struct UnischemaCodec {
  enum class Kind {
    kNone,               // as they are
    kScalar,             // as they are, in the Parquet type of `spark_type`
    kNdarray,            // as the bytes of a .npy file
    kCompressedNdarray,  // as the bytes of a .npz file, whose member `arr` is the array
    kCompressedImage,    // as the bytes of an image file
  };
  Kind kind = Kind::kNone;
  std::string spark_type;   // kScalar: "IntegerType", "DecimalType(10,2)"
  std::string image_codec;  // kCompressedImage: "png", "jpeg"
  std::int64_t quality = 0;

  friend bool operator==(const UnischemaCodec&, const UnischemaCodec&) = default;
};

struct UnischemaField {
  std::string name;
  std::string numpy_dtype;  // numpy's name of the type: "int64", "float32", "str_", "object_"; "Decimal" is Python's
  std::vector<std::optional<std::int64_t>> shape;  // empty for a scalar; no value: any size
  UnischemaCodec codec;
  bool nullable = false;

  friend bool operator==(const UnischemaField&, const UnischemaField&) = default;
};

struct Unischema {
  std::string name;
  std::vector<UnischemaField> fields;

  const UnischemaField* find(std::string_view field) const;
  std::string to_json() const;
  /// Throws Error(kBadData) on anything that is not the JSON form.
  static Unischema from_json(std::string_view text);

  friend bool operator==(const Unischema&, const Unischema&) = default;
};

/// "float32 (?, 3) ndarray": a field as inspect shows it.
std::string to_string(const UnischemaField& field);
/// Throws Error(kBadData) unless names are UTF-8 and unique, types are known and sizes are not negative. What passes is
/// fit for write_unischema_pickle(): no name of a class in it can be another.
void check_unischema(const Unischema& schema);
/// Whether `name` is a numpy type that a Unischema may name.
bool is_numpy_dtype(std::string_view name);
/// Whether `type` is a class of pyspark.sql.types, such as "IntegerType".
bool is_spark_class(std::string_view type);

}  // namespace headrace
