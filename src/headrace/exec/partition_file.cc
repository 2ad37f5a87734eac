// See partition_file.h.
#include "headrace/exec/partition_file.h"

#include <algorithm>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"

namespace headrace {

std::size_t partition_run_bytes(const MemoryBudget& memory, std::size_t thread_count) {
  return std::clamp<std::size_t>(memory.limit_bytes() / (32 * thread_count), 64 << 10, 8 << 20);
}

PartitionFile::PartitionFile(const RunContext& context, std::shared_ptr<const Schema> schema)
    : memory_(context.memory), file_(context, std::move(schema)), reservation_(*memory_, 0, "pieces of partitions") {}

std::array<PartitionFile::Piece, kPartitions> PartitionFile::append(const Batch& rows,
                                                                    std::span<const std::uint8_t> partitions) {
  HEADRACE_CHECK(partitions.size() == static_cast<std::size_t>(rows.row_count));
  Reservation order_bytes(*memory_, partitions.size() * sizeof(std::int32_t), "rows ordered by partition");
  PartitionOrder order = order_by_partition(partitions);
  Batch ordered = flatten(*memory_, gather(*memory_, rows, order.rows));
  std::array<Piece, kPartitions> written = {};
  std::array<std::size_t, kPartitions> bytes = {};
  for (std::size_t partition = 0; partition < kPartitions; ++partition) {
    std::int64_t count = order.starts[partition + 1] - order.starts[partition];
    if (count == 0) continue;
    Batch piece = ordered.slice(order.starts[partition], count);
    bytes[partition] = piece.data_bytes();
    written[partition] = {static_cast<std::uint32_t>(file_.append(piece)), static_cast<std::uint32_t>(count)};
  }
  std::lock_guard lock(mutex_);
  reservation_.resize(reservation_.bytes() + sizeof(written), "pieces of partitions");
  for (std::size_t partition = 0; partition < kPartitions; ++partition) {
    if (written[partition].row_count == 0) continue;
    pieces_[partition].push_back(written[partition]);
    rows_[partition] += written[partition].row_count;
    bytes_[partition] += bytes[partition];
  }
  return written;
}

}  // namespace headrace
