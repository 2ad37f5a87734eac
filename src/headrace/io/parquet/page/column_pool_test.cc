// Buffers of columns that are used again: by whom, how many, and for how long.
#include "headrace/io/parquet/page/column_pool.h"

#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"

namespace headrace {

constexpr std::size_t kSize = 128 << 10;

TEST_CASE("a buffer of a column pool is used again once nothing refers to it") {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  auto pool = std::make_shared<ColumnPool>();
  std::shared_ptr<const Buffer> first = pool->allocate(*memory, kSize);
  std::shared_ptr<const Buffer> second = pool->allocate(*memory, kSize);
  const std::byte* place = first->data();
  CHECK(second->data() != place);
  std::shared_ptr<const Buffer> shared = first;
  first = nullptr;
  CHECK(pool->allocate(*memory, kSize)->data() != place);
  shared = nullptr;
  CHECK(pool->allocate(*memory, kSize / 2)->size_bytes() == kSize / 2);
  std::shared_ptr<const Buffer> again = pool->allocate(*memory, kSize);
  CHECK(again->data() == place);
  CHECK(again->size_bytes() == kSize);
}

TEST_CASE("what a column pool holds is charged, bounded by a share of the budget, and gone with the pool") {
  constexpr std::size_t kLimit = 32 * 4 * kSize;
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(kLimit);
  auto pool = std::make_shared<ColumnPool>();
  std::vector<std::shared_ptr<const Buffer>> held;
  for (int i = 0; i < 20; ++i) held.push_back(pool->allocate(*memory, kSize));
  held.resize(1);
  CHECK(memory->used_bytes() == 5 * kSize);
  // All of the budget is there for who asks the pool for it.
  held.push_back(pool->allocate(*memory, kLimit - kSize));
  CHECK(memory->used_bytes() == kLimit);
  CHECK_THROWS_AS(pool->allocate(*memory, kSize), Error);
  held.resize(1);
  pool = nullptr;
  CHECK(memory->used_bytes() == kSize);
  held.clear();
  CHECK(memory->used_bytes() == 0);
}

}  // namespace headrace
