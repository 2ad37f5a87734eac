// The casts by target; `call.args[0]` holds the values, `call.expr.type` is the target.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "headrace/expr/function.h"

namespace headrace {

Column cast_to_bool(const FunctionCall& call);
Column cast_to_integer(const FunctionCall& call);
Column cast_to_float(const FunctionCall& call);
Column cast_to_decimal(const FunctionCall& call);
Column cast_to_text(const FunctionCall& call);
Column cast_to_date(const FunctionCall& call);
Column cast_to_timestamp(const FunctionCall& call);

/// What happens in a row whose value the target cannot hold: cast throws, try_cast gives null.
class CastFailures {
 public:
  explicit CastFailures(const FunctionCall& call);
  void add(std::int64_t row);
  /// The validity to give the result; nothing when no row failed.
  std::shared_ptr<const Buffer> take_validity() { return std::move(validity_); }

 private:
  const FunctionCall& call_;
  bool is_try_;
  std::shared_ptr<Buffer> validity_;
};

/// A column of what convert(row, out) puts into out, for valid rows; false from it is a failure.
template <typename To, typename Convert>
Column cast_rows(const FunctionCall& call, const Convert& convert) {
  std::shared_ptr<Buffer> buffer =
      Buffer::allocate(call.context.memory, static_cast<std::size_t>(call.row_count) * sizeof(To));
  To* out = buffer->mutable_as<To>();
  CastFailures failures(call);
  for (std::int64_t i = 0; i < call.row_count; ++i) {
    out[i] = To{};
    bool valid = call.valid == nullptr || call.valid[i] != 0;
    if (valid && !convert(i, out[i])) {
      out[i] = To{};
      failures.add(i);
    }
  }
  return Column::fixed(call.expr.type, call.row_count, std::move(buffer), failures.take_validity());
}

}  // namespace headrace
