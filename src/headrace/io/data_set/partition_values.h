// Partitions in Hive's layout: rows that share the values of the partition columns lie in folders named for these,
//
//   day=2013-01-01/country=CH/part-00000-of-00001.parquet
//
// and files leave the columns out. In a name, letters, digits, '.', '_', '-' and what is not ASCII stand for
// themselves; other bytes are written %XX, as Hive, Spark and Arrow read them. A null is __HIVE_DEFAULT_PARTITION__.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/type.h"
#include "headrace/column/value.h"

namespace headrace {

/// The values of the partition columns as texts, such as "2013-01-01", "7", "true"; null is empty.
using PartitionValues = std::vector<std::optional<std::string>>;

/// bool, integers, date and string: types whose values have one text each that people can read in a path.
bool can_partition_by(const Type& type);

/// The text of a row's value of a type that can_partition_by().
std::optional<std::string> partition_text(const Column& column, std::int64_t row);
/// The value that has this text. Throws Error(kBadData) when it is none of `type`.
Value partition_value(const std::optional<std::string>& text, const Type& type);

/// "day=2013-01-01". Throws Error(kBadData) when it is longer than file systems allow, and for
/// control characters.
std::string partition_folder(std::string_view column, const std::optional<std::string>& text);

struct NamedPartition {
  std::string column;
  std::optional<std::string> text;
};
/// The inverse; empty for names of other folders.
std::optional<NamedPartition> parse_partition_folder(std::string_view name);

}  // namespace headrace
