// See row_group_bounds.h.
#include "headrace/io/parquet/row_group_bounds.h"

#include <optional>

#include <arrow/array/array_base.h>
#include <arrow/array/util.h>
#include <arrow/result.h>
#include <arrow/scalar.h>
#include <parquet/arrow/reader.h>
#include <parquet/statistics.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"
#include "headrace/column/value.h"
#include "headrace/io/bound_check.h"
#include "headrace/io/declared_cast.h"

namespace headrace {
namespace {

/// A minimum or maximum as a value of `type`; empty when it has no exact one.
std::optional<Value> value_of(const std::shared_ptr<arrow::Scalar>& scalar, const Type& type, MemoryBudget& memory) {
  if (scalar == nullptr || !scalar->is_valid) return std::nullopt;
  std::optional<Type> file_type = from_arrow_type(*scalar->type);
  if (!file_type) return std::nullopt;
  if (file_type->kind() == TypeKind::kBinary && type.kind() == TypeKind::kString) file_type = type;
  if (declared_cast_fit(*file_type, type) == CastFit::kNever) return std::nullopt;
  try {
    auto array = unwrap(arrow::MakeArrayFromScalar(*scalar, 1), "statistics");
    bool fits = true;
    Column column = from_arrow(*array, "statistics", memory);
    // A bound of a string may be cut within a character, so it is compared as bytes.
    if (column.type().is_binary_like()) return Value{type, std::string(column.string_at(0))};
    column = declared_cast(column, type, memory, [&](std::int64_t, const char*, const std::string&) { fits = false; });
    return fits ? std::optional(value_at(column, 0)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // A value between two microseconds, or one of a damaged footer.
  }
}

}  // namespace

bool cannot_pass(const parquet::RowGroupMetaData& row_group, const ParquetColumn& column, const Type& type,
                 const ScanBound& bound, MemoryBudget& memory) {
  if (type.is_nested() || column.leaves.size() != 1) return false;
  std::unique_ptr<parquet::ColumnChunkMetaData> chunk = row_group.ColumnChunk(column.leaves[0]);
  if (!chunk->is_stats_set()) return false;
  std::shared_ptr<parquet::Statistics> statistics = chunk->statistics();
  if (statistics == nullptr) return false;
  // No bound is passed by a null.
  if (statistics->HasNullCount() && statistics->null_count() == row_group.num_rows()) return true;
  if (!statistics->HasMinMax() || !is_comparable(bound.value, type)) return false;
  std::shared_ptr<arrow::Scalar> min_scalar;
  std::shared_ptr<arrow::Scalar> max_scalar;
  if (!parquet::arrow::StatisticsAsScalars(*statistics, &min_scalar, &max_scalar).ok()) return false;
  std::optional<Value> min = value_of(min_scalar, type, memory);
  std::optional<Value> max = value_of(max_scalar, type, memory);
  return min && max && is_outside(*min, *max, bound);
}

}  // namespace headrace
