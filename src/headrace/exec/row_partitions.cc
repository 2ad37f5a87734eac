// See row_partitions.h.
#include "headrace/exec/row_partitions.h"

#include <algorithm>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/hash.h"
#include "headrace/kernel/key_part.h"

namespace headrace {
namespace {

/// Mixes all bits of a word; tables use other bits of another product, so that the keys of one partition spread in
/// them.
std::uint64_t mix(std::uint64_t word) {
  word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93U;
  return (word ^ (word >> 32)) * 0xd6e8feb86659fd93U;
}

std::uint64_t text_hash(const Column& column, std::int64_t row) {
  if (column.type().is_binary_like()) return hash_bytes(column.string_at(row));
  return hash_bytes(
      {reinterpret_cast<const char*>(column.raw_values()) + static_cast<std::size_t>(row) * sizeof(Int128),
       sizeof(Int128)});
}

/// Hashes of the rows of a column whose values are no words.
void hash_texts(const Column& column, std::vector<std::uint64_t>& hashes) {
  const auto rows = static_cast<std::int64_t>(hashes.size());
  if (!column.is_dictionary()) {
    for (std::int64_t row = 0; row < rows; ++row) {
      hashes[static_cast<std::size_t>(row)] = column.is_null(row) ? kNullHash : text_hash(column, row);
    }
    return;
  }
  const Column& values = *column.dictionary();
  if (values.length() <= rows) {
    std::vector<std::uint64_t> of_values(static_cast<std::size_t>(values.length()));
    hash_texts(values, of_values);
    for (std::size_t row = 0; row < hashes.size(); ++row) {
      std::int32_t code = column.codes()[row];
      hashes[row] = code < 0 ? kNullHash : of_values[static_cast<std::size_t>(code)];
    }
    return;
  }
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    const Column* plain = &column;
    std::int64_t at = static_cast<std::int64_t>(row);
    while (at >= 0 && plain->is_dictionary()) {
      at = plain->codes()[static_cast<std::size_t>(at)];
      plain = plain->dictionary().get();
    }
    hashes[row] = at < 0 || plain->is_null(at) ? kNullHash : text_hash(*plain, at);
  }
}

}  // namespace

void hash_keys(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint64_t>& hashes) {
  hashes.assign(row_count, 0);
  std::vector<std::uint64_t> texts;
  PartRows rows;
  for (const Column& key : keys) {
    if (is_word_type(key.type())) {
      key_words(key, rows);
      for (std::size_t i = 0; i < row_count; ++i) {
        bool valid = rows.valid == nullptr || rows.valid[i] != 0;
        hashes[i] = mix(hashes[i] + (valid ? rows.words[i] : kNullHash));
      }
    } else {
      texts.resize(row_count);
      hash_texts(key, texts);
      for (std::size_t i = 0; i < row_count; ++i) hashes[i] = mix(hashes[i] + texts[i]);
    }
  }
}

void partition_of_keys(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint8_t>& partitions) {
  std::vector<std::uint64_t> hashes;
  hash_keys(keys, row_count, hashes);
  partitions.resize(row_count);
  for (std::size_t i = 0; i < row_count; ++i) partitions[i] = partition_of_hash(hashes[i]);
}

PartitionOrder order_by_partition(std::span<const std::uint8_t> partitions) {
  PartitionOrder order;
  for (std::uint8_t partition : partitions) ++order.starts[partition + 1U];
  for (std::size_t p = 0; p < kPartitions; ++p) order.starts[p + 1] += order.starts[p];
  std::array<std::int64_t, kPartitions + 1> next = order.starts;
  order.rows.resize(partitions.size());
  for (std::size_t row = 0; row < partitions.size(); ++row) {
    order.rows[static_cast<std::size_t>(next[partitions[row]]++)] = static_cast<std::int32_t>(row);
  }
  return order;
}

RowPartitions::RowPartitions(const RunContext& context, const Schema& schema, std::size_t key_count,
                             const Limits& limits)
    : context_(&context),
      schema_(std::make_shared<const Schema>(schema)),
      key_count_(key_count),
      limits_(limits),
      reservation_(*context.memory, 0, "group_by") {
  std::vector<Field> fields = schema.fields();
  fields.push_back({"position", TypeKind::kInt64});
  spill_schema_ = std::make_shared<const Schema>(std::move(fields));
}

void RowPartitions::add(Batch rows, std::uint64_t first_position) {
  sources_.push_back({static_cast<std::int32_t>(collected_rows_), first_position});
  collected_rows_ += static_cast<std::size_t>(rows.row_count);
  collected_.push_back(std::move(rows));
  if (collected_rows_ >= limits_.block_rows) flush();
}

void RowPartitions::flush() {
  if (collected_rows_ == 0) return;
  try {
    blocks_.push_back(make_block());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kOutOfMemory || blocks_.empty()) throw;
    spill();
    blocks_.push_back(make_block());
  }
  collected_.clear();
  sources_.clear();
  collected_rows_ = 0;
  if (is_memory_short()) spill();
}

RowPartitions::Block RowPartitions::make_block() {
  MemoryBudget& memory = *context_->memory;
  Batch rows = collected_.size() == 1 ? collected_[0] : concat(memory, schema_, collected_);
  std::span<const Column> keys(rows.columns.data(), key_count_);
  partition_of_keys(keys, collected_rows_, partitions_);
  reservation_.resize(reservation_.bytes() + collected_rows_ * sizeof(std::int32_t), "group_by");
  PartitionOrder order = order_by_partition(partitions_);
  Batch ordered = gather(memory, rows, order.rows);
  return {std::move(ordered), std::move(order.rows), order.starts, sources_};
}

Batch RowPartitions::block_rows(const Block& block, std::size_t partition,
                                std::vector<std::uint64_t>& positions) const {
  std::int64_t start = block.starts[partition];
  std::int64_t count = block.starts[partition + 1] - start;
  positions.resize(static_cast<std::size_t>(count));
  std::size_t source = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    std::int32_t row = block.row_numbers[static_cast<std::size_t>(start) + i];
    while (source + 1 < block.sources.size() && block.sources[source + 1].first_row <= row) ++source;
    positions[i] =
        block.sources[source].first_position + static_cast<std::uint64_t>(row - block.sources[source].first_row);
  }
  return block.rows.slice(start, count);
}

bool RowPartitions::is_memory_short() const {
  const MemoryBudget& memory = *context_->memory;
  return memory.used_bytes() > std::min(limits_.spill_above_bytes, memory.limit_bytes() / 2);
}

void RowPartitions::spill() {
  MemoryBudget& memory = *context_->memory;
  if (!file_) file_ = std::make_unique<SpillFile>(*context_, spill_schema_);
  std::vector<std::uint64_t> positions;
  for (std::size_t partition = 0; partition < kPartitions; ++partition) {
    std::vector<Batch> parts;
    for (const Block& block : blocks_) {
      if (block.starts[partition + 1] == block.starts[partition]) continue;
      Batch& rows = parts.emplace_back(block_rows(block, partition, positions));
      auto buffer = Buffer::allocate(memory, positions.size() * sizeof(std::uint64_t));
      std::ranges::copy(positions, buffer->mutable_as<std::uint64_t>());
      rows.columns.push_back(Column::fixed(TypeKind::kInt64, rows.row_count, std::move(buffer)));
    }
    if (parts.empty()) continue;
    Batch rows = flatten(memory, concat(memory, spill_schema_, parts));
    spilled_[partition].push_back(file_->append(rows));
  }
  blocks_.clear();
  reservation_.resize(0, "group_by");
}

}  // namespace headrace
