// See encode_shard.h.
#include "headrace/exec/encode_shard.h"

#include <chrono>

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Looked up here, values of one table are looked up together.
Batch compact(Batch encoded, EvalContext& eval) {
  for (Column& column : encoded.columns) column = eval.flattener.compact(column);
  return encoded;
}

}  // namespace

void EncodedTotals::merge(const EncodedTotals& other) {
  digest.merge(other.digest);
  if (columns.size() < other.columns.size()) columns.resize(other.columns.size());
  for (std::size_t i = 0; i < other.columns.size(); ++i) columns[i].merge(other.columns[i]);
  row_count += other.row_count;
  encode_seconds += other.encode_seconds;
  write_seconds += other.write_seconds;
}

void EncodedTotals::write(ByteWriter& out) const {
  out.put_text(digest.to_string());
  out.put(row_count);
  out.put(encode_seconds);
  out.put(write_seconds);
  out.put<std::uint64_t>(columns.size());
  for (const ColumnStatistics& column : columns) column.write(out);
}

void EncodedTotals::read(ByteReader& in) {
  digest = RowDigest::from_string(in.get_text());
  row_count = in.get<std::int64_t>();
  encode_seconds = in.get<double>();
  write_seconds = in.get<double>();
  columns.clear();
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) columns.emplace_back().read(in);
}

Batch ShardEncoder::encode(const Batch& rows) const {
  EvalContext eval(*context_.memory, &dictionaries_);
  eval.share_results_of(rows);
  return compact(encode_rows(rows, columns_, eval), eval);
}

Batch ShardEncoder::write(const Batch& rows, const std::vector<std::unique_ptr<FileWriter>>& files,
                          EncodedTotals& totals, bool counts_rows, RowDigest* digest) {
  context_.cancellation->check();
  trim_.now_and_then();
  Clock::time_point start = Clock::now();
  EvalContext eval(*context_.memory, &dictionaries_);
  eval.share_results_of(rows);
  Batch encoded = encode_rows(rows, columns_, eval);
  if (counts_rows || digest != nullptr) {
    RowDigest of_batch;
    of_batch.add(encoded, sums_, [&](const Column& column) { return eval.flattener.flatten(column); });
    if (counts_rows) totals.digest.merge(of_batch);
    if (digest != nullptr) digest->merge(of_batch);
  }
  encoded = compact(std::move(encoded), eval);
  if (counts_rows) {
    totals.row_count += encoded.row_count;
    totals.columns.resize(encoded.columns.size());
    for (std::size_t i = 0; i < encoded.columns.size(); ++i) totals.columns[i].add(encoded.columns[i]);
  }
  totals.encode_seconds += seconds_since(start);
  start = Clock::now();
  for (const auto& file : files) file->write(encoded);
  totals.write_seconds += seconds_since(start);
  return encoded;
}

}  // namespace headrace
