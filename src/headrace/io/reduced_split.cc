// See reduced_split.h.
#include "headrace/io/reduced_split.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

class ReducedSplit final : public SplitStream {
 public:
  ReducedSplit(const SourceReader& source, std::size_t split_index, const ScanRequest& request,
               std::shared_ptr<MemoryBudget> memory)
      : delivered_count_(request.columns.size()), memory_(std::move(memory)) {
    ScanRequest plain = request;
    plain.reductions.clear();
    std::vector<Field> fields;
    for (const std::string& name : request.columns) fields.push_back(source.schema()[source.schema().index_of(name)]);
    for (const ScanReduction& reduction : request.reductions) {
      checked_text(source.schema(), reduction);
      auto found = std::find(plain.columns.begin(), plain.columns.end(), reduction.column);
      reduced_.push_back(static_cast<std::size_t>(found - plain.columns.begin()));
      if (found == plain.columns.end()) plain.columns.push_back(reduction.column);
      fields.push_back({reduction.name, TypeKind::kInt64, false});
    }
    schema_ = std::make_shared<const Schema>(Schema(std::move(fields)));
    rows_ = source.open_split(split_index, plain);
  }

  bool next(Batch& batch) override {
    Batch whole;
    if (!rows_->next(whole)) return false;
    std::vector<Column> columns(whole.columns.begin(),
                                whole.columns.begin() + static_cast<std::ptrdiff_t>(delivered_count_));
    for (std::size_t index : reduced_) columns.push_back(hash_texts(whole.columns[index], *memory_));
    batch = {schema_, std::move(columns), whole.row_count};
    return true;
  }
  const ScanCounts& counts() const override { return rows_->counts(); }
  std::vector<BadRow>& bad_rows() override { return rows_->bad_rows(); }

 private:
  std::size_t delivered_count_;
  std::shared_ptr<MemoryBudget> memory_;
  std::vector<std::size_t> reduced_;  // columns of the stream below, by reduction
  std::shared_ptr<const Schema> schema_;
  std::unique_ptr<SplitStream> rows_;
};

}  // namespace

std::unique_ptr<SplitStream> open_reduced(const SourceReader& source, std::size_t split_index,
                                          const ScanRequest& request, std::shared_ptr<MemoryBudget> memory) {
  return std::make_unique<ReducedSplit>(source, split_index, request, std::move(memory));
}

bool reads_once(const ScanRequest& request) {
  std::set<std::string> names(request.columns.begin(), request.columns.end());
  return std::all_of(request.reductions.begin(), request.reductions.end(),
                     [&](const ScanReduction& reduction) { return names.insert(reduction.column).second; });
}

std::size_t checked_text(const Schema& schema, const ScanReduction& reduction) {
  std::size_t index = schema.index_of(reduction.column);
  HEADRACE_CHECK(schema[index].type.is_binary_like());
  return index;
}

Column hash_texts(const Column& column, MemoryBudget& memory) {
  bool is_hashed = column.type().kind() == TypeKind::kInt64;
  if (is_hashed && column.validity() == nullptr) return column;
  std::size_t rows = static_cast<std::size_t>(column.length());
  std::shared_ptr<Buffer> values = Buffer::allocate(memory, rows * sizeof(std::uint64_t));
  std::span<std::uint64_t> hashes(values->mutable_as<std::uint64_t>(), rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::int64_t at = static_cast<std::int64_t>(row);
    if (column.is_null(at)) {
      hashes[row] = kNullHash;
    } else {
      hashes[row] =
          is_hashed ? static_cast<std::uint64_t>(column.values<std::int64_t>()[row]) : hash_bytes(column.string_at(at));
    }
  }
  return Column::fixed(TypeKind::kInt64, column.length(), std::move(values));
}

}  // namespace headrace
