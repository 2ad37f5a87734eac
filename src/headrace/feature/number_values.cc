// See number_values.h.

#include "headrace/feature/number_values.h"

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {

double finite_statistic(double value, std::string_view transform, std::string_view statistic) {
  if (std::isfinite(value)) return value;
  throw Error(ErrorCode::kBadData,
              fmt::format("{} cannot be fitted: the {} of its values is not finite", transform, statistic),
              "some values are infinite, or too large to compute with: put 'clip' before it, or filter those rows");
}

}  // namespace headrace
