// See split_rows.h. The split by hash: h = hash64(salt, key) as an unsigned 64-bit number; a row belongs to the first
// part whose cumulative share exceeds h / 2^64, taken to 53 bits.
#include "headrace/exec/split_rows.h"

#include <chrono>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

void check_part_name(const std::string& name) {
  if (name != Part::kWhole) return;
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("a part of the split is called '{}'", name),
              "give it another name: this one is for data sets without a split");
}

}  // namespace

PartAssigner::PartAssigner(const std::optional<SplitSpec>& split, const Schema& schema) {
  if (!split) {
    parts_ = {std::string(Part::kWhole)};
    return;
  }
  if (const auto* by_predicate = std::get_if<SplitSpec::ByPredicate>(&split->kind)) {
    for (const auto& [name, predicate] : by_predicate->parts) {
      check_part_name(name);
      parts_.push_back(name);
      predicates_.push_back(bind(predicate, schema));
    }
    return;
  }
  const auto& by_hash = std::get<SplitSpec::ByHash>(split->kind);
  hash_ = headrace::bind(call("hash64", {literal(Value::string(by_hash.salt)), by_hash.key}), schema);
  double end = 0;
  for (const auto& [name, share] : by_hash.shares) {
    check_part_name(name);
    parts_.push_back(name);
    share_ends_.push_back(end += share);
  }
  share_ends_.back() = 1.0;
}

void PartAssigner::assign(const Batch& batch, EvalContext& context, std::vector<int>& part_of) const {
  std::size_t row_count = static_cast<std::size_t>(batch.row_count);
  part_of.assign(row_count, predicates_.empty() ? 0 : -1);
  for (std::size_t part = 0; part < predicates_.size(); ++part) {
    Column taken = evaluate(*predicates_[part], batch, context);
    std::span<const std::uint8_t> values = taken.values<std::uint8_t>();
    for (std::size_t row = 0; row < row_count; ++row) {
      bool is_true = values[row] != 0 && !taken.is_null(static_cast<std::int64_t>(row));
      if (part_of[row] < 0 && is_true) part_of[row] = static_cast<int>(part);
    }
  }
  if (!hash_) return;
  Column hashes = evaluate(*hash_, batch, context);
  std::span<const std::int64_t> values = hashes.values<std::int64_t>();
  for (std::size_t row = 0; row < row_count; ++row) {
    double place = static_cast<double>(static_cast<std::uint64_t>(values[row]) >> 11) * 0x1p-53;
    int part = 0;
    while (place >= share_ends_[static_cast<std::size_t>(part)]) ++part;
    part_of[row] = part;
  }
}

std::vector<std::string> split_columns(const SplitSpec& split) {
  std::vector<std::string> names;
  if (const auto* by_predicate = std::get_if<SplitSpec::ByPredicate>(&split.kind)) {
    for (const auto& [name, predicate] : by_predicate->parts) collect_columns(predicate, names);
  } else {
    collect_columns(std::get<SplitSpec::ByHash>(split.kind).key, names);
  }
  return names;
}

std::vector<Batch> deal_rows(const PartAssigner& assigner, const Batch& batch, EvalContext& context) {
  std::vector<int> part_of;
  assigner.assign(batch, context, part_of);
  std::vector<std::vector<std::int32_t>> rows(assigner.parts().size());
  for (std::size_t row = 0; row < part_of.size(); ++row) {
    if (part_of[row] >= 0) rows[static_cast<std::size_t>(part_of[row])].push_back(static_cast<std::int32_t>(row));
  }
  std::vector<Batch> parts(rows.size());
  for (std::size_t part = 0; part < rows.size(); ++part) {
    if (rows[part].empty()) continue;
    bool all = rows[part].size() == part_of.size();
    parts[part] = all ? batch : gather(context.memory, batch, rows[part]);
  }
  return parts;
}

void PartSink::start(std::size_t split_count, std::size_t worker_count) {
  for (std::size_t part = 0; part < assigner_.parts().size(); ++part) {
    parts_.push_back(std::make_unique<Spool>(schema_, context_));
    parts_.back()->start(split_count);
  }
  tallies_.assign(worker_count, {});
}

void PartSink::consume(Batch batch, std::size_t split_index, std::size_t worker_index) {
  Clock::time_point start = Clock::now();
  Tally& tally = tallies_[worker_index];
  EvalContext context(*context_.memory, &dictionaries_);
  std::vector<Batch> dealt = deal_rows(assigner_, batch, context);
  std::int64_t taken = 0;
  for (std::size_t part = 0; part < dealt.size(); ++part) {
    Batch& kept = dealt[part];
    if (kept.row_count == 0) continue;
    taken += kept.row_count;
    tally.bytes_kept += static_cast<std::int64_t>(kept.data_bytes());
    parts_[part]->append(std::move(kept), split_index);
  }
  tally.rows_left_out += batch.row_count - taken;
  tally.seconds += std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::unique_ptr<Spool>> PartSink::result() {
  for (auto& part : parts_) part->finish();
  return std::move(parts_);
}

std::int64_t PartSink::rows_left_out() const {
  std::int64_t rows = 0;
  for (const Tally& tally : tallies_) rows += tally.rows_left_out;
  return rows;
}

double PartSink::seconds() const {
  double seconds = 0;
  for (const Tally& tally : tallies_) seconds += tally.seconds;
  return seconds;
}

std::int64_t PartSink::bytes_kept() const {
  std::int64_t bytes = 0;
  for (const Tally& tally : tallies_) bytes += tally.bytes_kept;
  return bytes;
}

}  // namespace headrace
