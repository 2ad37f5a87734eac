// See shuffle_rows.h.
#include "headrace/exec/shuffle_rows.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "headrace/base/error.h"
#include "headrace/exec/ordered_rows.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/kernel/permutation.h"

namespace headrace {
namespace {

/// Hands every row to `ordered` with its place.
void scatter(const Spool& rows, const EncodedColumns& columns, const Permutation& order, OrderedRows& ordered,
             const RunContext& context) {
  DictionaryCache dictionaries;
  std::atomic<std::size_t> done{0};
  run_tasks(rows.batch_count(), context.thread_count, *context.cancellation, [&](std::size_t index, std::size_t) {
    Batch batch = rows.read(index);
    EvalContext eval(*context.memory, &dictionaries);
    eval.share_results_of(batch);
    Batch encoded = encode_rows(batch, columns, eval);
    std::vector<std::uint64_t> places(static_cast<std::size_t>(batch.row_count));
    auto row = static_cast<std::uint64_t>(rows.first_row(index));
    for (std::uint64_t& place : places) place = order(row++);
    ordered.add(encoded, places);
    if (context.on_progress) context.on_progress({"shuffle", done.fetch_add(1) + 1, rows.batch_count(), 0});
  });
}

}  // namespace

std::unique_ptr<Spool> shuffle_rows(const Spool& rows, const EncodedColumns& columns, std::uint64_t seed,
                                    const RunContext& context) {
  auto row_count = static_cast<std::uint64_t>(rows.row_count());
  if (row_count >> 32 != 0) {
    throw Error(ErrorCode::kUnsupported, "a part of more than 4,294,967,295 rows cannot be shuffled",
                "split it into parts, or leave out the shuffle");
  }
  Permutation order(row_count, seed);
  OrderedRows ordered(context, columns.schema, std::array{row_count});
  scatter(rows, columns, order, ordered, context);
  auto shuffled = std::make_unique<Spool>(columns.schema, context);
  shuffled->start(OrderedRows::split_count());
  run_tasks(OrderedRows::split_count(), context.thread_count, *context.cancellation,
            [&](std::size_t split, std::size_t) {
              ordered.read(split, [&](const Batch& in_order) {
                for (std::int64_t at = 0; at < in_order.row_count; at += context.batch_rows) {
                  shuffled->append(in_order.slice(at, std::min(context.batch_rows, in_order.row_count - at)), split);
                }
              });
            });
  shuffled->finish();
  return shuffled;
}

}  // namespace headrace
