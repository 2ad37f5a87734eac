// See feed_plan.h.
#include "headrace/feed/feed_plan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/feed/epoch_steps.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

// Targets number batches and rows in 32 bits.
constexpr std::int64_t kWindowRowsMax = std::int64_t{1} << 30;

void check_at_least(std::int64_t value, std::int64_t least, const char* name) {
  if (value >= least) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is {}", name, value), fmt::format("{} or more", least));
}

void check_below(std::int64_t value, std::int64_t end, const char* name, const char* of) {
  if (value >= 0 && value < end) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is {}, of a {} of {}", name, value, of, end),
              fmt::format("0 to {}", end - 1));
}

void check_options(const FeedOptions& options) {
  check_at_least(options.batch_size, 1, "batch_size");
  check_at_least(options.world_size, 1, "world_size");
  check_at_least(options.worker_count, 1, "worker_count");
  check_below(options.rank, options.world_size, "rank", "world_size");
  check_below(options.worker, options.worker_count, "worker", "worker_count");
  check_at_least(options.window_rows, 0, "window");
  if (options.batch_size > kWindowRowsMax / options.world_size) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("batch_size is {}", options.batch_size),
                fmt::format("2^30 rows or fewer on all ranks together"));
  }
}

/// Bytes that a row of the tensors takes, ragged ones as the first rows show.
double row_bytes(const FeedData& data, const FeedColumns& columns) {
  double bytes = columns.row_bytes_of_fixed;
  for (const FeedUnit& unit : columns.units) {
    std::vector<std::string> ragged;
    for (const FeedColumn& column : unit.columns) {
      if (columns.tensors[column.tensor].is_ragged) ragged.push_back(columns.tensors[column.tensor].name);
    }
    if (ragged.empty()) continue;
    auto block = std::ranges::find_if(data.block_rows(), [](std::int64_t rows) { return rows > 0; });
    if (block == data.block_rows().end()) continue;
    ScanRequest request;
    request.columns = ragged;
    Batch rows;
    auto stream = data.reader().open_split(static_cast<std::size_t>(block - data.block_rows().begin()), request);
    if (stream->next(rows)) bytes += static_cast<double>(rows.data_bytes()) / static_cast<double>(rows.row_count);
  }
  return std::max(bytes, 1.0);
}

void check_has_steps(const FeedPlan& plan) {
  if (plan.epoch_rows() == 0 || plan.steps_per_epoch() > 0) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("no batch fits into an epoch: {} has {} rows, and {} ranks × {} rows are wanted",
                          plan.data->name(), plan.epoch_rows(), plan.options.world_size, plan.options.batch_size),
              "a smaller batch_size, or another remainder than \"drop\"");
}

void check_same_tensors(const FeedPlan& a, const FeedPlan& b) {
  const std::vector<TensorColumn>& ours = a.layout->columns();
  const std::vector<TensorColumn>& theirs = b.layout->columns();
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    bool is_same = i < ours.size() && i < theirs.size() && ours[i].name == theirs[i].name &&
                   ours[i].type == theirs[i].type && ours[i].width == theirs[i].width &&
                   ours[i].is_vector == theirs[i].is_vector && ours[i].is_ragged == theirs[i].is_ragged;
    if (is_same) continue;
    const TensorColumn& named = i < ours.size() ? ours[i] : theirs[i];
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} and {} cannot be mixed: their columns differ from '{}' on", a.data->name(),
                            b.data->name(), named.name),
                "name the columns that both have in columns=[…], and give them one dtype");
  }
}

}  // namespace

FeedPlan::FeedPlan(std::shared_ptr<const FeedData> data_given, FeedOptions options_given)
    : data(std::move(data_given)), options(std::move(options_given)), window_rows(options.window_rows) {
  check_options(options);
  columns = feed_columns(data->schema(), options, data->reader().reads_by_column());
  layout = std::make_shared<const BatchLayout>(columns.tensors, options.batch_size);
  if (options.shuffles_fully) window_rows = std::max<std::int64_t>(data->row_count(), 1);
  if (window_rows == 0) {
    auto rows = static_cast<double>(options.window_bytes) / row_bytes(*data, columns);
    window_rows = std::clamp<std::int64_t>(static_cast<std::int64_t>(rows), 1, kWindowRowsMax);
  }
  if (window_rows > kWindowRowsMax) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("a window of {} rows", window_rows), "2^30 rows or fewer");
  }
  check_has_steps(*this);
}

std::string FeedPlan::digest() const {
  if (mix == nullptr) return data->digest();
  std::string digests;
  for (std::size_t i = 0; i < mix->parts.size(); ++i) {
    digests += fmt::format("{} {};", mix->parts[i]->data->digest(), mix->ratios.share(i));
  }
  return fmt::format("xxh3:{:016x}", hash_bytes(digests));
}

std::shared_ptr<const FeedPlan> mix_plans(std::vector<std::shared_ptr<const FeedPlan>> parts,
                                          std::span<const double> ratios, bool until_all) {
  HEADRACE_CHECK(!parts.empty() && parts.size() == ratios.size());
  auto mixed = std::make_shared<FeedPlan>(*parts.front());
  if (mixed->options.remainder == Remainder::kWrap) {
    throw Error(ErrorCode::kInvalidArgument, "a mixed epoch cannot be wrapped",
                "remainder=\"short\", \"drop\" or \"pad\"");
  }
  std::vector<std::int64_t> rows;
  for (const std::shared_ptr<const FeedPlan>& part : parts) {
    check_same_tensors(*mixed, *part);
    rows.push_back(part->data->row_count());
  }
  Mix mix(ratios);
  std::int64_t row_count = mix.row_count(rows, until_all);
  mixed->mix = std::make_shared<const MixedParts>(MixedParts{std::move(parts), std::move(mix), row_count});
  check_has_steps(*mixed);
  return mixed;
}

std::int64_t FeedPlan::steps_per_epoch() const { return EpochSteps(epoch_rows(), 0, options).step_count(); }

FeedPosition FeedPlan::behind(const FeedPosition& start, std::int64_t epoch, std::int64_t step) const {
  std::int64_t first = epoch == start.epoch ? start.position : 0;
  EpochSteps steps(epoch_rows(), first, options);
  std::int64_t next = step + 1;
  while (!steps.is_mine(next)) ++next;
  // Workers end an epoch each at a step of its own: none of them may begin the next one before the others.
  if (options.worker_count > 1) return {epoch, first, next};
  if (next >= steps.step_count()) return {epoch + 1, 0, 0};
  return {epoch, first + next * steps.step_rows(), 0};
}

}  // namespace headrace
