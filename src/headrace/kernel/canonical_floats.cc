// See canonical_floats.h.
#include "headrace/kernel/canonical_floats.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace headrace {
namespace {

template <typename T>
Column canonical(MemoryBudget& memory, const Column& column) {
  std::span<const T> values = column.values<T>();
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, values.size() * sizeof(T));
  T* out = buffer->mutable_as<T>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value = values[i] == T{0} ? T{0} : values[i];
    out[i] = value != value ? std::numeric_limits<T>::quiet_NaN() : value;
  }
  std::shared_ptr<const Buffer> validity;
  if (column.validity() != nullptr) {
    validity = Buffer::wrap(column.validity(), values.size(), column.validity_buffer());
  }
  return Column::fixed(column.type(), column.length(), std::move(buffer), std::move(validity));
}

}  // namespace

Column canonical_floats(MemoryBudget& memory, const Column& column) {
  switch (column.type().kind()) {
    case TypeKind::kFloat32: return canonical<float>(memory, column);
    case TypeKind::kFloat64: return canonical<double>(memory, column);
    default: return column;
  }
}

}  // namespace headrace
