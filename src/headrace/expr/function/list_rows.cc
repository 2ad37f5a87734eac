// See list_rows.h.
#include "headrace/expr/function/list_rows.h"

#include <vector>

#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

bool has_elements_under_null(const Column& lists) {
  if (lists.validity() == nullptr) return false;
  std::span<const std::int32_t> offsets = lists.offsets();
  bool any = false;
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) any |= lists.validity()[i] == 0 && offsets[i] != offsets[i + 1];
  return any;
}

}  // namespace

ListRows list_rows(MemoryBudget& memory, const Column& lists) {
  if (has_elements_under_null(lists)) {
    std::vector<std::int32_t> rows;
    for (std::int64_t i = 0; i < lists.length(); ++i)
      rows.push_back(lists.is_null(i) ? -1 : static_cast<std::int32_t>(i));
    return list_rows(memory, gather(memory, lists, rows));
  }
  std::span<const std::int32_t> in = lists.offsets();
  std::int32_t first = in.front();
  std::shared_ptr<Buffer> offsets = Buffer::allocate(memory, in.size() * sizeof(std::int32_t));
  for (std::size_t i = 0; i < in.size(); ++i) offsets->mutable_as<std::int32_t>()[i] = in[i] - first;
  return {lists.child(0).slice(first, in.back() - first), std::move(offsets)};
}

}  // namespace headrace
