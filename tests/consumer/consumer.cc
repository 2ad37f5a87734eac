// Totals of a CSV file by key, as a C++ program asks for them: consumer FILE
#include <cstdio>

#include "headrace/frame/headrace.h"

int main(int argc, char** argv) {
  using namespace headrace;
  int code = 0;
  try {
    if (argc != 2) throw Error(ErrorCode::kInvalidArgument, "a CSV file is wanted", "consumer FILE");
    SourceSpec source;
    source.name = "sales";
    source.paths = {argv[1]};
    LazyFrame totals = LazyFrame::scan(std::move(source))
                           .with_step(parse_step("{filter: amount > 0}"))
                           .with_step(parse_step("{group_by: {keys: shop, aggregates: {total: sum(amount)}}}"));
    StreamedRows rows = collect_frame(totals, RunOptions{});
    for (const Batch& batch : rows.batches) {
      for (std::int64_t row = 0; row < batch.row_count; ++row) {
        std::printf("%s %lld\n", std::string(batch.column(0).string_at(row)).c_str(),
                    static_cast<long long>(batch.column(1).values<std::int64_t>()[row]));
      }
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    code = 1;
  }
  end_stores();
  return code;
}
