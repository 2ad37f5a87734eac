// min and max.
//
// Every state begins as the value that loses against all others, so a row costs one comparison. Results do not depend
// on the order of rows: NaN is the greatest float, -0.0 counts as 0.0, texts are ordered by bytes.
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "headrace/expr/aggregate/grouped.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {

extern const AggregateFunction kMaxAggregate;
extern const AggregateFunction kMinAggregate;

namespace {

template <typename T>
constexpr bool kIsFloat = std::is_floating_point_v<T>;

/// The greatest and the least value of an integer type; the standard library need not know 128 bits.
template <typename T>
constexpr T greatest_of() {
  if constexpr (std::is_same_v<T, Int128>) return static_cast<Int128>(~Uint128{0} >> 1);
  return std::numeric_limits<T>::max();
}
template <typename T>
constexpr T least_of() {
  return static_cast<T>(-greatest_of<T>() - 1);
}

/// Comparison and start of min.
struct Least {
  template <typename T>
  static bool wins(T value, T over) {
    if constexpr (kIsFloat<T>) return value < over || (std::isnan(over) && !std::isnan(value));
    return value < over;
  }
  static bool wins(std::string_view value, std::string_view over) { return value < over; }
  template <typename T>
  static T start() {
    if constexpr (kIsFloat<T>) return std::numeric_limits<T>::quiet_NaN();
    return greatest_of<T>();
  }
};

/// Comparison and start of max.
struct Greatest {
  template <typename T>
  static bool wins(T value, T over) {
    if constexpr (kIsFloat<T>) return value > over || std::isnan(value);
    return value > over;
  }
  static bool wins(std::string_view value, std::string_view over) { return value > over; }
  template <typename T>
  static T start() {
    if constexpr (kIsFloat<T>) return -std::numeric_limits<T>::infinity();
    return std::is_unsigned_v<T> ? T{0} : least_of<T>();
  }
};

/// One of all values that compare equal.
template <typename T>
T canonical(T value) {
  if constexpr (kIsFloat<T>) return std::isnan(value) ? std::numeric_limits<T>::quiet_NaN() : value + T{0};
  return value;
}

template <typename T, typename Order>
class FixedExtremum final : public GroupedAggregate {
 public:
  explicit FixedExtremum(Type type) : type_(std::move(type)) {}

  void resize(std::size_t group_count) override {
    best_.resize(group_count, Order::template start<T>());
    has_value_.resize(group_count);
  }

  void update(const Column* argument, std::span<const std::uint32_t> group_ids) override {
    const T* values = argument->values<T>().data();
    for_each_valid(*argument, group_ids, [&](std::uint32_t group, std::size_t row) { add(group, values[row]); });
  }

  void merge(const GroupedAggregate& other, std::span<const std::uint32_t> other_groups,
             std::span<const std::uint32_t> group_ids) override {
    const auto& from = static_cast<const FixedExtremum&>(other);
    for (std::size_t i = 0; i < group_ids.size(); ++i) {
      std::uint32_t group = other_groups[i];
      if (from.has_value_[group] != 0) add(group_ids[i], from.best_[group]);
    }
  }

  Column finish(MemoryBudget& memory) override {
    return make_results<T>(
        memory, type_, best_.size(), [&](std::size_t group) { return has_value_[group] != 0; },
        [&](std::size_t group) { return canonical(best_[group]); });
  }

  std::size_t state_bytes() const override { return vector_bytes(best_) + vector_bytes(has_value_); }

 private:
  void add(std::uint32_t group, T value) {
    T& best = best_[group];
    best = Order::wins(value, best) ? value : best;
    has_value_[group] = 1;
  }

  Type type_;
  std::vector<T> best_;
  std::vector<std::uint8_t> has_value_;
};

template <typename Order>
class TextExtremum final : public GroupedAggregate {
 public:
  explicit TextExtremum(Type type) : type_(std::move(type)) {}

  void resize(std::size_t group_count) override {
    best_.resize(group_count);
    has_value_.resize(group_count);
  }

  void update(const Column* argument, std::span<const std::uint32_t> group_ids) override {
    for_each_valid(*argument, group_ids, [&](std::uint32_t group, std::size_t row) {
      add(group, argument->string_at(static_cast<std::int64_t>(row)));
    });
  }

  void merge(const GroupedAggregate& other, std::span<const std::uint32_t> other_groups,
             std::span<const std::uint32_t> group_ids) override {
    const auto& from = static_cast<const TextExtremum&>(other);
    for (std::size_t i = 0; i < group_ids.size(); ++i) {
      std::uint32_t group = other_groups[i];
      if (from.has_value_[group] != 0) add(group_ids[i], from.best_[group]);
    }
  }

  Column finish(MemoryBudget& memory) override {
    ColumnBuilder builder(memory, type_);
    for (std::size_t group = 0; group < best_.size(); ++group) {
      if (has_value_[group] != 0) {
        builder.append_string(best_[group]);
      } else {
        builder.append_null();
      }
    }
    return builder.finish();
  }

  std::size_t state_bytes() const override { return vector_bytes(best_) + vector_bytes(has_value_) + text_bytes_; }

 private:
  void add(std::uint32_t group, std::string_view value) {
    std::string& best = best_[group];
    if (has_value_[group] != 0 && !Order::wins(value, std::string_view(best))) return;
    std::size_t before = best.capacity();
    best = value;
    text_bytes_ += best.capacity() - before;
    has_value_[group] = 1;
  }

  Type type_;
  std::vector<std::string> best_;
  std::vector<std::uint8_t> has_value_;
  std::size_t text_bytes_ = 0;
};

template <typename Order>
std::unique_ptr<GroupedAggregate> make_extremum(const Type& type, MemoryBudget&) {
  if (type.is_binary_like()) return std::make_unique<TextExtremum<Order>>(type);
  return with_storage(type, [&](auto storage) -> std::unique_ptr<GroupedAggregate> {
    return std::make_unique<FixedExtremum<decltype(storage), Order>>(type);
  });
}

void resolve_extremum(std::string_view name, std::span<const Type> given, Type& arg_type, Type& result) {
  constexpr std::string_view kAccepted = "one argument with an order: no list, struct or bare null";
  require_arg_count(name, given, 1, 1, kAccepted);
  if (given[0].is_nested() || given[0].kind() == TypeKind::kNull) refuse_args(name, given, kAccepted);
  arg_type = given[0];
  result = given[0];
}

}  // namespace

const AggregateFunction kMaxAggregate = {
    .name = "max",
    .signature = "max(x: any scalar) -> same as x",
    .summary =
        "The greatest value that is not null, null when there is none. NaN is greater than every other number; texts "
        "are ordered by their bytes.",
    .resolve = [](std::span<const Type> given, Type& arg_type,
                  Type& result) { resolve_extremum("max", given, arg_type, result); },
    .make = make_extremum<Greatest>,
};

const AggregateFunction kMinAggregate = {
    .name = "min",
    .signature = "min(x: any scalar) -> same as x",
    .summary =
        "The least value that is not null, null when there is none. NaN is greater than every other number; texts are "
        "ordered by their bytes.",
    .resolve = [](std::span<const Type> given, Type& arg_type,
                  Type& result) { resolve_extremum("min", given, arg_type, result); },
    .make = make_extremum<Least>,
};

}  // namespace headrace
