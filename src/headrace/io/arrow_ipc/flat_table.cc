// See flat_table.h.
#include "headrace/io/arrow_ipc/flat_table.h"

#include "headrace/base/error.h"

namespace headrace {

FlatTable FlatTable::root(std::string_view bytes) { return {bytes, FlatTable(bytes, 0).follow(0)}; }

std::optional<FlatTable> FlatTable::table(std::size_t field) const {
  std::size_t place = place_of(field);
  if (place == 0) return std::nullopt;
  return FlatTable(bytes_, follow(place));
}

std::string_view FlatTable::structs(std::size_t field, std::size_t element_bytes) const {
  std::size_t place = place_of(field);
  if (place == 0) return {};
  std::size_t start = follow(place);
  std::size_t size = std::size_t{read<std::uint32_t>(start)} * element_bytes;
  require(start + sizeof(std::uint32_t), size);
  return bytes_.substr(start + sizeof(std::uint32_t), size);
}

std::size_t FlatTable::place_of(std::size_t field) const {
  std::int64_t vtable = static_cast<std::int64_t>(start_) - read<std::int32_t>(start_);
  require(static_cast<std::size_t>(vtable), sizeof(std::uint16_t));
  std::size_t vtable_start = static_cast<std::size_t>(vtable);
  std::size_t entry = (2 + field) * sizeof(std::uint16_t);
  if (entry + sizeof(std::uint16_t) > read<std::uint16_t>(vtable_start)) return 0;
  std::size_t distance = read<std::uint16_t>(vtable_start + entry);
  return distance == 0 ? 0 : start_ + distance;
}

std::size_t FlatTable::follow(std::size_t place) const {
  std::size_t target = place + read<std::uint32_t>(place);
  require(target, sizeof(std::uint32_t));
  return target;
}

void FlatTable::require(std::size_t place, std::size_t size) const {
  if (place <= bytes_.size() && size <= bytes_.size() - place) return;
  throw Error(ErrorCode::kBadData, "its metadata leads out of itself");
}

}  // namespace headrace
