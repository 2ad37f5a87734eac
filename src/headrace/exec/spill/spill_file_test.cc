// Spilled batches come back as they were, whatever their type; damage and full disks are clear errors.
#include "headrace/exec/spill/spill_file.h"

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/base/workers.h"
#include "headrace/column/column_builder.h"
#include "headrace/exec/executor_fixture.h"
#include "headrace/io/fs/faulty_scratch_space.h"

namespace headrace {
namespace {

struct Spilling {
  explicit Spilling(Fault fault = {}) : scratch(std::make_shared<FaultyScratchSpace>(fault)) {
    context.spill = std::make_shared<SpillSpace>(scratch);
  }
  std::shared_ptr<FaultyScratchSpace> scratch;
  RunContext context;
};

std::shared_ptr<const Buffer> ints(MemoryBudget& memory, const std::vector<std::int32_t>& values) {
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, values.size() * sizeof(std::int32_t));
  std::memcpy(buffer->mutable_data(), values.data(), buffer->size_bytes());
  return buffer;
}

/// A column of every layout: fixed, with nulls, strings, lists, fixed-size lists, structs, decimals.
Batch every_layout(MemoryBudget& memory, std::int64_t row_count) {
  std::vector<std::int64_t> numbers;
  std::vector<std::int64_t> with_nulls;
  ColumnBuilder words(memory, TypeKind::kString);
  std::vector<std::int32_t> list_offsets = {0};
  for (std::int64_t row = 0; row < row_count; ++row) {
    numbers.push_back(row * 977 % 1001);
    with_nulls.push_back(row % 3 == 0 ? kNullCell : row);
    if (row % 5 == 0) {
      words.append_null();
    } else {
      words.append_string(std::string(static_cast<std::size_t>(row % 7), 'x') + std::to_string(row));
    }
    list_offsets.push_back(list_offsets.back() + static_cast<std::int32_t>(row % 4));
  }
  std::vector<std::int64_t> elements(static_cast<std::size_t>(list_offsets.back()));
  std::iota(elements.begin(), elements.end(), 100);
  std::vector<std::int64_t> pairs(static_cast<std::size_t>(2 * row_count));
  std::iota(pairs.begin(), pairs.end(), -50);
  Column number = int_column(memory, numbers);
  Column word = words.finish();
  Type pair = Type::structure({{"n", TypeKind::kInt64}, {"w", TypeKind::kString}});
  std::vector<Field> fields = {{"number", TypeKind::kInt64},
                               {"with_nulls", TypeKind::kInt64},
                               {"word", TypeKind::kString},
                               {"list", Type::list(TypeKind::kInt64)},
                               {"pairs", Type::fixed_size_list(TypeKind::kInt64, 2)},
                               {"struct", pair},
                               {"decimal", Type::decimal(20, 2)},
                               {"nothing", TypeKind::kNull}};
  Batch batch{std::make_shared<const Schema>(fields), {}, row_count};
  batch.columns = {number,
                   int_column(memory, with_nulls),
                   word,
                   Column::list(fields[3].type, row_count, ints(memory, list_offsets), int_column(memory, elements)),
                   Column::fixed_size_list(fields[4].type, row_count, int_column(memory, pairs)),
                   Column::structure(pair, row_count, {number, word}),
                   Column::nulls(memory, fields[6].type, row_count),
                   Column::nulls(memory, TypeKind::kNull, row_count)};
  return batch;
}

std::vector<std::string> rows_of(const Batch& batch) { return headrace::rows_of(Table{batch.schema, {batch}}); }

}  // namespace

TEST_CASE("spilled batches of every layout come back as they were, slices too, from several threads") {
  Spilling spilling;
  Batch whole = every_layout(*spilling.context.memory, 30000);
  std::vector<Batch> batches = {whole, whole.slice(0, 0), whole.slice(17, 64), whole.slice(12345, 16384),
                                whole.slice(29999, 1)};
  SpillFile file(spilling.context, whole.schema);
  for (std::size_t i = 0; i < batches.size(); ++i) CHECK(file.append(batches[i]) == i);
  CHECK(file.batch_count() == 5);
  CHECK(file.row_count(2) == 64);
  CHECK(file.size_bytes() == spilling.scratch->used_bytes());
  CHECK(file.size_bytes() < static_cast<std::int64_t>(whole.data_bytes()));
  std::vector<char> same(20);
  run_tasks(same.size(), 4, *spilling.context.cancellation, [&](std::size_t task, std::size_t) {
    std::size_t index = task % batches.size();
    same[task] = rows_of(file.read(index)) == rows_of(batches[index]);
  });
  for (char is_same : same) CHECK(is_same);
}

TEST_CASE("dictionary columns come back as such: dictionaries once, codes shared, pinned ones as they are") {
  Spilling spilling;
  MemoryBudget& memory = *spilling.context.memory;
  Batch plain = every_layout(memory, 2000);
  auto word = std::make_shared<const Column>(plain.columns[2]);
  auto number = std::make_shared<const Column>(plain.columns[0]);
  auto coded = std::make_shared<const Column>(Column::dictionary(3, ints(memory, {5, -1, 7}), word));
  Column words = Column::dictionary(6, ints(memory, {0, 1999, -1, 17, 17, 4}), word);
  Column numbers = Column::dictionary(words, number);
  Column twice = Column::dictionary(6, ints(memory, {2, 1, 0, -1, 2, 2}), coded);
  Column list = Column::list(Type::list(TypeKind::kString), 6, ints(memory, {0, 1, 1, 3, 4, 5, 6}), words);
  auto schema = std::make_shared<const Schema>(
      Schema({{"w", TypeKind::kString}, {"n", TypeKind::kInt64}, {"t", TypeKind::kString}, {"l", list.type()}}));
  Batch batch{schema, {words, numbers, twice, list}, 6};
  for (bool pinned : {false, true}) {
    SpillFile file(spilling.context, schema);
    if (pinned) {
      for (const auto& dictionary : {word, number, coded}) spilling.context.spill->pin(dictionary);
    }
    file.append(batch);
    std::int64_t size_bytes = file.size_bytes();
    CHECK((size_bytes < 200) == pinned);
    for (int i = 0; i < 9; ++i) file.append(batch.slice(1, 5));
    CHECK(file.size_bytes() - size_bytes < 9 * 200);
    CHECK(rows_of(file.read(0)) == rows_of(batch));
    Batch last = file.read(9);
    CHECK(rows_of(last) == rows_of(batch.slice(1, 5)));
    CHECK(last.columns[1].codes().data() == last.columns[0].codes().data());
    CHECK(last.columns[0].dictionary() == word);
  }
}

TEST_CASE("dictionaries that are gone from memory are read again") {
  Spilling spilling;
  MemoryBudget& memory = *spilling.context.memory;
  auto schema = std::make_shared<const Schema>(Schema({{"w", TypeKind::kString}}));
  SpillFile file(spilling.context, schema);
  std::vector<std::string> expected;
  for (int i = 0; i < 3; ++i) {
    auto words = std::make_shared<const Column>(every_layout(memory, 100 * (i + 1)).columns[2]);
    Batch batch{schema, {Column::dictionary(3, ints(memory, {i, -1, 99}), words)}, 3};
    for (const std::string& row : rows_of(batch)) expected.push_back(row);
    file.append(batch);
  }
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < 3; ++i) {
    for (const std::string& row : rows_of(file.read(i))) rows.push_back(row);
  }
  CHECK(rows == expected);
  CHECK(file.read(2).columns[0].dictionary() == file.read(2).columns[0].dictionary());
}

TEST_CASE("batches appended by several threads at once are all there") {
  Spilling spilling;
  Batch whole = every_layout(*spilling.context.memory, 4000);
  SpillFile file(spilling.context, whole.schema);
  std::vector<std::size_t> index_of(40);
  run_tasks(index_of.size(), 4, *spilling.context.cancellation, [&](std::size_t task, std::size_t) {
    index_of[task] = file.append(whole.slice(static_cast<std::int64_t>(task) * 100, 100));
  });
  for (std::size_t task = 0; task < index_of.size(); ++task) {
    CHECK(rows_of(file.read(index_of[task])) == rows_of(whole.slice(static_cast<std::int64_t>(task) * 100, 100)));
  }
}

TEST_CASE("every flipped bit on disk is an error") {
  Spilling spilling;
  SpillFile file(spilling.context, every_layout(*spilling.context.memory, 1).schema);
  file.append(every_layout(*spilling.context.memory, 50));
  for (std::int64_t at = 0; at < file.size_bytes(); ++at) {
    spilling.scratch->flip_at(at);
    CHECK_THROWS_WITH_AS(file.read(0), doctest::Contains("spilled data was damaged on disk"), Error);
  }
  spilling.scratch->flip_at(-1);
  CHECK(file.read(0).row_count == 50);
}

TEST_CASE("a failing disk is one clear error at any operation, and nothing stays charged") {
  for (std::int64_t n = 1;; ++n) {
    Spilling spilling({n, ENOSPC, false});
    Batch batch = every_layout(*spilling.context.memory, 3000);
    std::size_t used_before = spilling.context.memory->used_bytes();
    bool failed = false;
    {
      SpillFile file(spilling.context, batch.schema);
      try {
        file.append(batch);
        file.append(batch);
        file.read(0);
      } catch (const Error& error) {
        failed = true;
        CHECK(error.code() == ErrorCode::kIo);
        CHECK(error.message().find("No space left") != std::string::npos);
      }
    }
    CHECK(spilling.scratch->used_bytes() == 0);
    CHECK(spilling.context.memory->used_bytes() <= used_before + SpillSpace::kStagingBytes);
    if (!failed) break;
    CHECK(n < 20);
  }
}

TEST_CASE("spilling needs no memory but the staging buffer that was reserved, and the index") {
  Spilling spilling;
  auto memory = MemoryBudget::create(4 << 20);
  spilling.context.memory = memory;
  spilling.context.spill->reserve_staging(*memory, 1);
  Batch batch = every_layout(*MemoryBudget::create(), 30000);
  Reservation rest(*memory, memory->limit_bytes() - memory->used_bytes() - 4096, "the rest");
  SpillFile file(spilling.context, batch.schema);
  run_tasks(8, 4, *spilling.context.cancellation, [&](std::size_t, std::size_t) { file.append(batch); });
  CHECK_THROWS_WITH_AS(file.read(0), doctest::Contains("memory budget"), Error);
  rest.resize(0, "");
  CHECK(rows_of(file.read(7)) == rows_of(batch));
}

}  // namespace headrace
