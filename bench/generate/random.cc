// Roots and skewed ranks. See random.h.
#include "bench/generate/random.h"

namespace headrace::bench {

double root(double number, int power) {
  double low = 0;
  double high = number < 1 ? 1 : number;
  for (int step = 0; step < 200; ++step) {
    double middle = (low + high) / 2;
    double raised = middle;
    for (int i = 1; i < power; ++i) raised *= middle;
    (raised < number ? low : high) = middle;
  }
  return high;
}

Skew::Skew(std::int64_t count, int power, double flat)
    : count_(count),
      power_(power),
      flat_(flat),
      low_(root(flat, power)),
      high_(root(static_cast<double>(count) + flat, power)) {}

}  // namespace headrace::bench
