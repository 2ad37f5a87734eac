// See feed_window.h.
#include "headrace/feed/feed_window.h"

#include <utility>

#include "headrace/expr/evaluate.h"
#include "headrace/feed/augment.h"
#include "headrace/kernel/gather.h"

namespace headrace {

std::unique_ptr<BlockReader> OpenBlocks::take(std::size_t unit, std::size_t block, std::int64_t row) {
  auto by_unit = by_unit_.lock();
  auto open = by_unit->find(unit);
  if (open == by_unit->end() || open->second.block != block || open->second.reader->row() != row) return nullptr;
  std::unique_ptr<BlockReader> reader = std::move(open->second.reader);
  by_unit->erase(open);
  return reader;
}

void OpenBlocks::keep(std::size_t unit, std::size_t block, std::unique_ptr<BlockReader> reader) {
  (*by_unit_.lock())[unit] = {block, std::move(reader)};
}

namespace {

Column values_of(const FeedColumn& column, const Batch& rows, EvalContext& context) {
  if (column.expr->kind != BoundExpr::Kind::kColumn) return evaluate(*column.expr, rows, context);
  const Column& stored = rows.columns[column.expr->column_index];
  // Numbers can be placed by their codes.
  return stored.is_dictionary() && stored.type().value_bytes() > 0 && !column.mask ? stored
                                                                                   : flatten(context.memory, stored);
}

}  // namespace

FeedWindow::FeedWindow(const FeedPlan& plan, PlannedWindow planned, std::vector<std::shared_ptr<PendingBatch>> batches,
                       std::size_t threads)
    : plan_(plan), planned_(std::move(planned)), batches_(std::move(batches)) {
  const std::vector<FeedUnit>& units = plan_.columns.units;
  bool by_block = units.size() < 2 * threads && planned_.blocks.size() > 1;
  if (by_block) rows_.assign(units.size(), std::vector<Rows>(planned_.blocks.size()));
  for (std::size_t unit = 0; unit < units.size() && !planned_.blocks.empty(); ++unit) {
    if (!by_block) tasks_.push_back({WindowTask::Kind::kUnit, unit, 0});
    for (std::size_t block = 0; by_block && block < planned_.blocks.size(); ++block) {
      tasks_.push_back({WindowTask::Kind::kBlock, unit, block});
    }
  }
}

bool FeedWindow::finish_task() {
  if (++tasks_done_ < tasks_.size()) return false;
  if (tasks_.back().kind != WindowTask::Kind::kBlock) return true;
  for (std::size_t unit = 0; unit < plan_.columns.units.size(); ++unit) {
    for (std::size_t i = 0; i < plan_.columns.units[unit].columns.size(); ++i) {
      tasks_.push_back({WindowTask::Kind::kFill, unit, i});
    }
  }
  return false;
}

void FeedWindow::run(const WindowTask& task, OpenBlocks& open_blocks, MemoryBudget& memory,
                     const Cancellation& cancellation) {
  const FeedUnit& unit = plan_.columns.units[task.unit];
  if (task.kind == WindowTask::Kind::kBlock) {
    read_block(task.unit, task.part, open_blocks, memory, cancellation,
               [&](Batch rows) { rows_[task.unit][task.part].push_back(std::move(rows)); });
    return;
  }
  std::size_t first = task.kind == WindowTask::Kind::kFill ? task.part : 0;
  std::size_t end = task.kind == WindowTask::Kind::kFill ? task.part + 1 : unit.columns.size();
  struct Open {
    const FeedColumn* column;
    std::unique_ptr<WindowColumn> values;
    std::unique_ptr<WindowColumn> mask;
  };
  std::vector<Open> open;
  for (std::size_t i = first; i < end; ++i) {
    const FeedColumn& column = unit.columns[i];
    open.push_back(
        {&column, column_of(column, memory), column.mask ? make_window_mask(planned_.row_count, memory) : nullptr});
  }
  auto take = [&](const Batch& rows) {
    EvalContext context(memory);
    context.share_results_of(rows);
    for (Open& each : open) {
      Column values = values_of(*each.column, rows, context);
      if (each.mask != nullptr) each.mask->append(values);
      each.values->append(values);
    }
  };
  for (std::size_t block = 0; block < planned_.blocks.size(); ++block) {
    if (task.kind == WindowTask::Kind::kUnit) {
      read_block(task.unit, block, open_blocks, memory, cancellation, take);
    } else {
      for (const Batch& rows : rows_[task.unit][block]) take(rows);
    }
  }
  for (Open& each : open) {
    fill(*each.column, *each.values);
    if (each.mask != nullptr) fill_mask(*each.column->mask, *each.mask);
  }
}

template <typename Take>
void FeedWindow::read_block(std::size_t unit, std::size_t index, OpenBlocks& open_blocks, MemoryBudget& memory,
                            const Cancellation& cancellation, const Take& take) const {
  const BlockRows& block = planned_.blocks[index];
  bool is_selected = !planned_.stored_rows.empty();
  std::span<const std::uint32_t> selected;
  if (is_selected) selected = planned_.stored_rows[index];
  std::int64_t first_row = is_selected ? selected.front() : block.first_row;
  std::int64_t end = is_selected ? selected.back() + 1 : block.first_row + block.row_count;
  std::unique_ptr<BlockReader> reader = open_block(unit, block.block, first_row, open_blocks);
  std::vector<std::int32_t> picked;
  while (reader->row() < end) {
    cancellation.check();
    std::int64_t piece_start = reader->row();
    Batch rows = reader->read(end - piece_start);
    if (is_selected) {
      picked.clear();
      for (; !selected.empty() && selected.front() < reader->row(); selected = selected.subspan(1)) {
        picked.push_back(static_cast<std::int32_t>(selected.front() - piece_start));
      }
      if (picked.empty()) continue;
      rows = gather(memory, rows, picked);
    }
    take(std::move(rows));
  }
  if (!reader->is_at_end()) open_blocks.keep(unit, block.block, std::move(reader));
}

std::unique_ptr<BlockReader> FeedWindow::open_block(std::size_t unit, std::size_t block, std::int64_t first_row,
                                                    OpenBlocks& open_blocks) const {
  std::unique_ptr<BlockReader> reader = open_blocks.take(unit, block, first_row);
  if (reader != nullptr) return reader;
  ScanRequest request;
  request.columns = plan_.columns.units[unit].source_columns;
  request.takes_number_dictionaries = true;
  request.takes_dictionaries = plan_.columns.units[unit].is_computed;
  reader =
      std::make_unique<BlockReader>(plan_.data->reader().open_split(block, request), plan_.data->stored_rows(block));
  reader->skip_to(first_row);
  return reader;
}

std::unique_ptr<WindowColumn> FeedWindow::column_of(const FeedColumn& column, MemoryBudget& memory) const {
  return make_window_column(plan_.columns.tensors[column.tensor], column.nulls, planned_.row_count, memory);
}

void FeedWindow::fill(const FeedColumn& column, WindowColumn& values) {
  const TensorColumn& tensor = plan_.layout->columns()[column.tensor];
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    const PlannedBatch& batch = planned_.batches[i];
    std::span<const std::uint32_t> rows = planned_.rows_of(batch);
    if (rows.empty()) continue;
    if (tensor.is_ragged) {
      RaggedPiece piece = values.piece(rows, batch.first_row);
      (*batches_[i]->ragged_pieces.lock())[column.tensor].push_back(std::move(piece));
      continue;
    }
    std::byte* out =
        batches_[i]->batch.values(column.tensor) + static_cast<std::size_t>(batch.first_row) * tensor.row_bytes();
    values.write(rows, out);
    if (column.augmentation) augment_rows(column, batch, out);
  }
}

void FeedWindow::augment_rows(const FeedColumn& column, const PlannedBatch& batch, std::byte* out) const {
  const TensorColumn& tensor = plan_.layout->columns()[column.tensor];
  std::uint64_t seed = augmentation_seed(plan_.options.shuffle_seed.value_or(0), tensor.name);
  augment(*column.augmentation, seed, batch.epoch, batch.first_place + batch.first_row, tensor.type, out,
          batch.rows_taken);
}

void FeedWindow::fill_mask(std::size_t tensor, const WindowColumn& mask) {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    const PlannedBatch& batch = planned_.batches[i];
    mask.write(planned_.rows_of(batch), batches_[i]->batch.values(tensor) + batch.first_row);
  }
}

}  // namespace headrace
