// See table_profile.h.
#include "headrace/exec/statistics/table_profile.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

WorkerProfile::WorkerProfile(const Schema& schema, MemoryBudget& memory) : memory_(memory.shared_from_this()) {
  for (const Field& field : schema) columns_.emplace_back(field.type, memory);
}

void WorkerProfile::add(const Batch& batch) {
  rows_ += batch.row_count;
  for (CodeTally& tally : tallies_) tally.is_in_use = false;
  std::map<std::pair<const std::int32_t*, std::int64_t>, std::vector<std::size_t>> by_codes;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = batch.columns[i];
    if (column.is_dictionary()) {
      by_codes[{column.codes().data(), column.dictionary()->length()}].push_back(i);
    } else {
      columns_[i].add(column);
    }
  }
  for (auto& [codes, columns] : by_codes) {
    CodeTally& tally = tally_of(std::move(columns), batch);
    std::int64_t* of_code = tally.of_code.data();
    std::int64_t of_null = 0;
    for (std::int32_t code : batch.columns[tally.columns.front()].codes()) ++(code >= 0 ? of_code[code] : of_null);
    tally.of_null += of_null;
  }
  for (auto tally = tallies_.begin(); tally != tallies_.end();) {
    if (tally->is_in_use) {
      ++tally;
      continue;
    }
    for (std::size_t place = 0; place < tally->columns.size(); ++place) add_counted(*tally, place);
    tally = tallies_.erase(tally);
  }
}

WorkerProfile::CodeTally& WorkerProfile::tally_of(std::vector<std::size_t> columns, const Batch& batch) {
  std::vector<std::shared_ptr<const Column>> dictionaries;
  for (std::size_t index : columns) dictionaries.push_back(batch.columns[index].dictionary());
  for (CodeTally& tally : tallies_) {
    if (tally.columns != columns || tally.dictionaries != dictionaries) continue;
    tally.is_in_use = true;
    return tally;
  }
  auto value_count = static_cast<std::size_t>(dictionaries.front()->length());
  Reservation reservation(*memory_, value_count * sizeof(std::int64_t), "counts of values");
  tallies_.push_back({std::move(columns), std::move(dictionaries), {}, 0, true, std::move(reservation)});
  tallies_.back().of_code.resize(value_count);
  return tallies_.back();
}

void WorkerProfile::add_counted(const CodeTally& tally, std::size_t place) {
  ColumnProfile& column = columns_[tally.columns[place]];
  column.add_nulls(tally.of_null);
  std::vector<std::int32_t> codes;
  std::vector<std::int64_t> times;
  auto add = [&] {
    column.add(flatten(*memory_, gather(*memory_, *tally.dictionaries[place], codes)), times);
    codes.clear();
    times.clear();
  };
  for (std::size_t code = 0; code < tally.of_code.size(); ++code) {
    if (tally.of_code[code] == 0) continue;
    codes.push_back(static_cast<std::int32_t>(code));
    times.push_back(tally.of_code[code]);
    if (std::ssize(codes) == kBatchRowsMax) add();
  }
  if (!codes.empty()) add();
}

void WorkerProfile::take_codes(WorkerProfile& other) {
  rows_ += other.rows_;
  for (auto from = other.tallies_.begin(); from != other.tallies_.end();) {
    auto next = std::next(from);
    auto to = std::ranges::find_if(tallies_, [&](const CodeTally& tally) {
      return tally.columns == from->columns && tally.dictionaries == from->dictionaries;
    });
    if (to == tallies_.end()) {
      tallies_.splice(tallies_.end(), other.tallies_, from);
    } else {
      for (std::size_t code = 0; code < to->of_code.size(); ++code) to->of_code[code] += from->of_code[code];
      to->of_null += from->of_null;
    }
    from = next;
  }
  other.tallies_.clear();
}

void WorkerProfile::finish(std::size_t column) {
  for (const CodeTally& tally : tallies_) {
    auto place = std::ranges::find(tally.columns, column);
    if (place != tally.columns.end()) add_counted(tally, static_cast<std::size_t>(place - tally.columns.begin()));
  }
}

std::size_t WorkerProfile::bytes() const {
  std::size_t bytes = 0;
  for (const ColumnProfile& column : columns_) bytes += column.bytes();
  for (const CodeTally& tally : tallies_) bytes += tally.reservation.bytes();
  return bytes;
}

void WorkerProfile::merge(const WorkerProfile& other) {
  for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].merge(other.columns_[i]);
  rows_ += other.rows_;
}

void WorkerProfile::write(ByteWriter& out) const {
  out.put(rows_);
  out.put<std::uint64_t>(columns_.size());
  for (const ColumnProfile& column : columns_) column.write(out);
}

void WorkerProfile::read(ByteReader& in) {
  rows_ = in.get<std::int64_t>();
  if (in.get<std::uint64_t>() != columns_.size()) in.refuse();
  for (ColumnProfile& column : columns_) column.read(in);
}

TableProfile::TableProfile(std::shared_ptr<const Schema> schema, const RunContext& context)
    : schema_(std::move(schema)), context_(context), workers_(std::max<std::size_t>(1, context.thread_count)) {}

void TableProfile::add(const Batch& batch, std::size_t worker_index) {
  Worker& worker = workers_[worker_index];
  if (is_left_out_.load(std::memory_order_relaxed)) {
    worker.profile.reset();
    return;
  }
  with_memory(worker, [&] {
    if (!worker.profile) worker.profile = std::make_unique<WorkerProfile>(*schema_, *context_.memory);
    worker.profile->add(batch);
    check_share(worker);
  });
}

void TableProfile::with_memory(Worker& worker, const std::function<void()>& work) {
  Clock::time_point start = Clock::now();
  try {
    work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kOutOfMemory) throw;
    leave_out(error.message());
    worker.profile.reset();
  }
  worker.seconds += seconds_since(start);
}

void TableProfile::check_share(Worker& worker) {
  std::size_t limit_bytes = context_.memory->limit_bytes();
  if (limit_bytes == MemoryBudget::kUnlimited) return;
  std::size_t bytes = worker.profile->bytes();
  std::size_t all_bytes = bytes_.fetch_add(bytes - worker.bytes) + (bytes - worker.bytes);
  worker.bytes = bytes;
  if (all_bytes <= limit_bytes / kBudgetShare) return;
  leave_out(
      fmt::format("they take more than 1/{} of the memory budget of {}", kBudgetShare, format_bytes(limit_bytes)));
  worker.profile.reset();
}

void TableProfile::leave_out(const std::string& why) {
  std::lock_guard lock(mutex_);
  if (left_out_.empty()) left_out_ = why;
  is_left_out_ = true;
}

WorkerProfile* TableProfile::merge_workers(const std::function<void(std::size_t, const ColumnProfile&)>& take) {
  Worker& first = workers_.front();
  with_memory(first, [&] {
    if (is_left_out_) return;
    if (!first.profile) first.profile = std::make_unique<WorkerProfile>(*schema_, *context_.memory);
    WorkerProfile& all = *first.profile;
    std::vector<const WorkerProfile*> others;
    for (std::size_t i = 1; i < workers_.size(); ++i) {
      if (!workers_[i].profile) continue;
      all.take_codes(*workers_[i].profile);
      others.push_back(workers_[i].profile.get());
    }
    run_tasks(schema_->size(), context_.thread_count, *context_.cancellation, [&](std::size_t i, std::size_t) {
      for (const WorkerProfile* other : others) all.columns()[i].merge(other->columns()[i]);
      all.finish(i);
      take(i, all.columns()[i]);
    });
  });
  return is_left_out_ ? nullptr : first.profile.get();
}

double TableProfile::let_go() {
  double seconds = 0;
  for (Worker& worker : workers_) {
    seconds += worker.seconds;
    worker.profile.reset();
  }
  return seconds;
}

TableFigures TableProfile::figures() {
  TableFigures figures;
  figures.columns.resize(schema_->size());
  const WorkerProfile* all = merge_workers([&](std::size_t i, const ColumnProfile& column) {
    figures.columns[i] = column.figures();
    figures.columns[i].name = (*schema_)[i].name;
  });
  if (all == nullptr) {
    figures = {};
  } else {
    figures.rows = all->rows();
  }
  figures.left_out = left_out_;
  figures.seconds = let_go();
  return figures;
}

std::string TableProfile::to_bytes() {
  const WorkerProfile* all = merge_workers([](std::size_t, const ColumnProfile&) {});
  ByteWriter out;
  out.put_text(left_out_);
  if (all != nullptr) all->write(out);
  out.put(let_go());
  return out.take();
}

void TableProfile::merge(std::string_view bytes) {
  ByteReader in(bytes, "statistics of columns");
  Worker& worker = workers_.front();
  if (std::string_view why = in.get_text(); !why.empty()) leave_out(std::string(why));
  if (is_left_out_) return worker.profile.reset();
  with_memory(worker, [&] {
    WorkerProfile other(*schema_, *context_.memory);
    other.read(in);
    worker.seconds += in.get<double>();
    if (!worker.profile) worker.profile = std::make_unique<WorkerProfile>(*schema_, *context_.memory);
    worker.profile->merge(other);
    check_share(worker);
  });
}

}  // namespace headrace
