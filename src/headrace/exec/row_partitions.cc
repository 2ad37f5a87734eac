// See row_partitions.h.
#include "headrace/exec/row_partitions.h"

#include <utility>

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

void partition_of_keys(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint8_t>& partitions) {
  std::vector<std::uint64_t> hashes(row_count);
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
  partitions.resize(row_count);
  for (std::size_t i = 0; i < row_count; ++i) {
    partitions[i] = static_cast<std::uint8_t>(hashes[i] >> (64 - kPartitionBits));
  }
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

void RowPartitions::add(Batch rows) {
  collected_rows_ += static_cast<std::size_t>(rows.row_count);
  collected_.push_back(std::move(rows));
  if (collected_rows_ >= block_rows_) flush();
}

void RowPartitions::flush() {
  if (collected_rows_ == 0) return;
  Batch rows = collected_.size() == 1 ? std::move(collected_[0]) : concat(*memory_, collected_[0].schema, collected_);
  collected_.clear();
  collected_rows_ = 0;
  std::span<const Column> keys(rows.columns.data(), key_count_);
  partition_of_keys(keys, static_cast<std::size_t>(rows.row_count), partitions_);
  PartitionOrder order = order_by_partition(partitions_);
  blocks_.push_back({gather(*memory_, rows, order.rows), order.starts});
}

Batch RowPartitions::partition(std::size_t block, std::size_t partition) const {
  const Block& all = blocks_[block];
  return all.rows.slice(all.starts[partition], all.starts[partition + 1] - all.starts[partition]);
}

}  // namespace headrace
