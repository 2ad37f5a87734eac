// See ordered_rows.h.
#include "headrace/exec/ordered_rows.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"

namespace headrace {

std::shared_ptr<const Schema> with_int64_columns(const Schema& schema, std::size_t count) {
  std::vector<Field> fields;
  for (const Field& field : schema) fields.push_back({std::to_string(fields.size()), field.type});
  for (std::size_t i = 0; i < count; ++i) fields.push_back({std::to_string(fields.size()), TypeKind::kInt64});
  return std::make_shared<const Schema>(std::move(fields));
}

Column position_column(MemoryBudget& memory, std::span<const std::uint64_t> positions) {
  auto buffer = Buffer::allocate(memory, positions.size_bytes());
  std::ranges::copy(positions, buffer->mutable_as<std::uint64_t>());
  return Column::fixed(TypeKind::kInt64, static_cast<std::int64_t>(positions.size()), std::move(buffer));
}

OrderedRows::OrderedRows(const RunContext& context, std::shared_ptr<const Schema> schema,
                         std::span<const std::uint64_t> split_rows)
    : memory_(context.memory),
      run_bytes_(partition_run_bytes(*context.memory, context.thread_count)),
      schema_(std::move(schema)),
      stored_schema_(with_int64_columns(*schema_, 1)),
      file_(context, stored_schema_) {
  for (std::uint64_t rows : split_rows) split_starts_.push_back(split_starts_.back() + rows);
}

void OrderedRows::add(const Batch& rows, std::span<const std::uint64_t> positions) {
  HEADRACE_CHECK(positions.size() == static_cast<std::size_t>(rows.row_count));
  if (positions.empty()) return;
  std::size_t row_bytes = rows.data_bytes() / positions.size() + sizeof(std::uint64_t);
  std::size_t rows_at_once = std::max<std::size_t>(1, run_bytes_ / row_bytes);
  std::uint64_t part_size = split_starts_.back() / kPartitions + 1;
  std::vector<std::uint8_t> parts;
  for (std::size_t start = 0; start < positions.size(); start += rows_at_once) {
    std::span<const std::uint64_t> some = positions.subspan(start, std::min(rows_at_once, positions.size() - start));
    parts.clear();
    for (std::uint64_t position : some) {
      std::uint64_t row = split_starts_[position >> 32] + (position & 0xffffffffU);
      parts.push_back(static_cast<std::uint8_t>(row / part_size));
    }
    Batch run = rows.slice(static_cast<std::int64_t>(start), static_cast<std::int64_t>(some.size()));
    run.schema = stored_schema_;
    run.columns.push_back(position_column(*memory_, some));
    file_.append(run, parts);
  }
}

void OrderedRows::read(std::size_t split, const std::function<void(const Batch&)>& push) const {
  std::vector<Batch> batches;
  for (const PartitionFile::Piece& piece : file_.pieces(split)) batches.push_back(file_.read(piece));
  if (batches.empty()) return;
  Batch rows = concat(*memory_, stored_schema_, batches);
  batches.clear();
  rows = in_position_order(*memory_, std::move(rows));
  rows.columns.pop_back();
  rows.schema = schema_;
  push(rows);
}

Batch in_position_order(MemoryBudget& memory, Batch rows) {
  std::span<const std::int64_t> positions = rows.columns.back().values<std::int64_t>();
  if (std::ranges::is_sorted(positions)) return rows;
  Reservation reservation(memory, positions.size() * sizeof(std::int32_t), "rows put in order");
  std::vector<std::int32_t> order(positions.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::int32_t row) { return positions[static_cast<std::size_t>(row)]; });
  return gather(memory, rows, order);
}

Table OrderedRows::table(std::int64_t rows_max) const {
  Table table{schema_, {}};
  for (std::size_t split = 0; split < split_count(); ++split) {
    read(split, [&](const Batch& rows) {
      for (std::int64_t at = 0; at < rows.row_count; at += rows_max) {
        table.batches.push_back(rows.slice(at, std::min(rows_max, rows.row_count - at)));
      }
    });
  }
  return table;
}

std::int64_t OrderedRows::row_count() const {
  std::int64_t rows = 0;
  for (std::size_t split = 0; split < split_count(); ++split) rows += file_.row_count(split);
  return rows;
}

std::size_t OrderedRows::data_bytes() const {
  std::size_t bytes = 0;
  for (std::size_t split = 0; split < split_count(); ++split) bytes += file_.data_bytes(split);
  return bytes;
}

}  // namespace headrace
