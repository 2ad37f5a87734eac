// The oracle is the C library's long double arithmetic: 64 bits of significand, so an error of one of its units is
// 1/2048 of a unit in the last place here. Inputs are fixed: the splitmix64 sequence, and edges.

#include "headrace/kernel/math.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/kernel/hash.h"

namespace headrace {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNotNumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();
constexpr int kInputs = 250'000;  // Per range; most functions have four.

using Function = double (*)(double);
using Oracle = long double (*)(long double);

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// Returns a value between low and high, evenly spread.
  double between(double low, double high) { return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53; }

  /// Returns a value of either sign with a binary exponent between low and high, evenly spread.
  double scaled(int low, int high) {
    const double value =
        std::ldexp(between(1, 2), low + static_cast<int>(bits() % static_cast<uint64_t>(high - low + 1)));
    return (bits() & 1) != 0 ? value : -value;
  }

 private:
  uint64_t state_;
};

/// Returns how far `result` is from `expected`, in units of the last place of the double nearest to it.
double ulps(double result, long double expected) {
  const auto nearest = static_cast<double>(expected);
  if (std::isnan(nearest)) return std::isnan(result) ? 0 : kInf;
  if (std::isinf(nearest) || std::isinf(result) || std::isnan(result)) return result == nearest ? 0 : kInf;
  int exponent;
  static_cast<void>(std::frexp(expected, &exponent));
  const long double unit = std::ldexp(1.0L, std::max(exponent - 53, -1074));
  return static_cast<double>(std::abs(static_cast<long double>(result) - expected) / unit);
}

/// Is the largest error found, and where.
struct Worst {
  double error = 0;
  double x = 0;
  double y = 0;

  void see(double candidate, double at, double and_at = 0) {
    if (candidate > error) *this = {candidate, at, and_at};
  }
};

std::vector<double> edges() {
  std::vector<double> values = {0.0,   0.5,   1.0,   1.5,  2.0,   3.0,      10.0,     22.0,
                                100.0, 709.0, 745.0, 1e22, 1e300, kLargest, kSmallest};
  for (int exponent = -1074; exponent <= 1023; ++exponent) values.push_back(std::ldexp(1.0, exponent));
  for (const double x : {709.782712893384, 745.1332191019412, 708.3964185322641, 0.6931471805599453, 3.141592653589793,
                         1.5707963267948966, 0.7853981633974483, 2.718281828459045, 0.7049560546875, 0.998046875,
                         1.00390625, 6381956970095103.0 * 0x1p797}) {
    values.push_back(x);
  }
  const size_t count = values.size();
  for (size_t i = 0; i < count; ++i) {
    values.push_back(std::nextafter(values[i], kInf));
    values.push_back(std::nextafter(values[i], -kInf));
  }
  const size_t both = values.size();
  for (size_t i = 0; i < both; ++i) values.push_back(-values[i]);
  return values;
}

/// Returns the largest error of a function over inputs drawn by `draw`, and over the edges.
template <typename Draw>
Worst worst_error(Function function, Oracle oracle, uint64_t seed, Draw draw) {
  Worst worst;
  Random random(seed);
  for (int i = 0; i < kInputs; ++i) {
    const double x = draw(random);
    worst.see(ulps(function(x), oracle(x)), x);
  }
  for (const double x : edges()) worst.see(ulps(function(x), oracle(x)), x);
  return worst;
}

template <typename Draw>
void check_error(Function function, Oracle oracle, uint64_t seed, Draw draw, double error_max) {
  const Worst worst = worst_error(function, oracle, seed, draw);
  CAPTURE(worst.x);
  CAPTURE(worst.error);
  CHECK(worst.error < error_max);
}

bool same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

auto uniform(double low, double high) {
  return [low, high](Random& random) { return random.between(low, high); };
}

auto exponents(int low, int high) {
  return [low, high](Random& random) { return random.scaled(low, high); };
}

auto positive(int low, int high) {
  return [low, high](Random& random) { return std::abs(random.scaled(low, high)); };
}

}  // namespace

TEST_CASE("exp is right to 0.51 units in the last place") {
  const Oracle oracle = std::exp;
  check_error(math_exp, oracle, 1, uniform(-708, 709.7), 0.51);
  check_error(math_exp, oracle, 2, uniform(-745.2, -708), 0.51);
  check_error(math_exp, oracle, 3, uniform(-2, 2), 0.51);
  check_error(math_exp, oracle, 4, exponents(-60, 9), 0.51);
}

TEST_CASE("expm1 is right to 0.51 units in the last place") {
  const Oracle oracle = std::expm1;
  check_error(math_expm1, oracle, 1, uniform(-40, 709.7), 0.51);
  check_error(math_expm1, oracle, 2, uniform(-1, 1), 0.51);
  check_error(math_expm1, oracle, 3, uniform(-0.02, 0.02), 0.51);
  check_error(math_expm1, oracle, 4, exponents(-1074, 9), 0.51);
}

TEST_CASE("log is right to 0.51 units in the last place") {
  const Oracle oracle = std::log;
  check_error(math_log, oracle, 1, positive(-1074, 1023), 0.51);
  check_error(math_log, oracle, 2, uniform(0.5, 2), 0.51);
  check_error(math_log, oracle, 3, uniform(0.99, 1.01), 0.51);
  check_error(math_log, oracle, 4, uniform(0, 1000), 0.51);
}

TEST_CASE("log1p is right to 0.51 units in the last place") {
  const Oracle oracle = std::log1p;
  check_error(math_log1p, oracle, 1, positive(-1074, 1023), 0.51);
  check_error(math_log1p, oracle, 2, uniform(-1, 1), 0.51);
  check_error(math_log1p, oracle, 3, uniform(-0.01, 0.01), 0.51);
  check_error(math_log1p, oracle, 4, [](Random& random) { return std::abs(random.scaled(-53, -1)) - 1; }, 0.51);
  check_error(math_log1p, oracle, 5, positive(-10, 70), 0.51);
}

TEST_CASE("log2 and log10 are right to 0.51 units in the last place") {
  for (const auto& [function, oracle] : {std::pair<Function, Oracle>{math_log2, std::log2}, {math_log10, std::log10}}) {
    check_error(function, oracle, 1, positive(-1074, 1023), 0.51);
    check_error(function, oracle, 2, uniform(0.5, 2), 0.51);
    check_error(function, oracle, 3, uniform(0.99, 1.01), 0.51);
  }
}

TEST_CASE("sin and cos are right to 0.51 units in the last place, for huge angles too") {
  for (const auto& [function, oracle] : {std::pair<Function, Oracle>{math_sin, std::sin}, {math_cos, std::cos}}) {
    check_error(function, oracle, 1, uniform(-10, 10), 0.51);
    check_error(function, oracle, 2, uniform(-1e6, 1e6), 0.51);
    check_error(function, oracle, 3, exponents(-60, 30), 0.51);
    check_error(function, oracle, 4, exponents(30, 1023), 0.51);
  }
}

TEST_CASE("tanh is right to 0.51 units in the last place") {
  const Oracle oracle = std::tanh;
  check_error(math_tanh, oracle, 1, uniform(-25, 25), 0.51);
  check_error(math_tanh, oracle, 2, uniform(-1, 1), 0.51);
  check_error(math_tanh, oracle, 3, uniform(-0.01, 0.01), 0.51);
  check_error(math_tanh, oracle, 4, exponents(-60, 5), 0.51);
}

TEST_CASE("pow is right to 0.53 units in the last place") {
  Random random(1);
  Worst worst;
  const auto see = [&worst](double x, double y) {
    worst.see(ulps(math_pow(x, y), std::pow(static_cast<long double>(x), static_cast<long double>(y))), x, y);
  };
  for (int i = 0; i < kInputs; ++i) {
    // Results spread over the whole range, from a base of any size.
    const double base = std::abs(random.scaled(-1074, 1023));
    see(base, random.between(-745, 709) / std::log(base));
    // A base near 1 with a large exponent.
    const double near = 1 + random.scaled(-40, -6);
    see(near, random.between(-745, 709) / std::log(near));
    see(random.between(0, 100), random.between(-10, 10));
    see(random.between(-20, 20), static_cast<double>(random.bits() % 41) - 20);
  }
  CAPTURE(worst.x);
  CAPTURE(worst.y);
  CHECK(worst.error < 0.53);
}

TEST_CASE("exact results are exact") {
  for (int k = -1074; k <= 1023; ++k) {
    const double power = std::ldexp(1.0, k);
    CHECK(math_log2(power) == k);
    CHECK(math_pow(2.0, k) == power);
  }
  double ten = 1;
  for (int k = 0; k <= 22; ++k, ten *= 10) {
    CHECK(math_log10(ten) == k);
    CHECK(math_pow(10.0, k) == ten);
  }
  for (int base = -30; base <= 30; ++base) {
    double power = 1;
    for (int k = 0; k <= 10; ++k, power *= base) CHECK(math_pow(base, k) == power);
  }
  for (int root = 1; root < 1000; ++root) CHECK(math_pow(root * root, 0.5) == root);
}

TEST_CASE("special values of one argument are those of C, Annex F") {
  struct Case {
    Function function;
    double x, expected;
  };
  const Case cases[] = {
      {math_exp, 0.0, 1.0},
      {math_exp, -0.0, 1.0},
      {math_exp, kInf, kInf},
      {math_exp, -kInf, 0.0},
      {math_exp, kLargest, kInf},
      {math_exp, -kLargest, 0.0},
      {math_exp, kSmallest, 1.0},
      {math_expm1, 0.0, 0.0},
      {math_expm1, -0.0, -0.0},
      {math_expm1, kInf, kInf},
      {math_expm1, -kInf, -1.0},
      {math_expm1, kSmallest, kSmallest},
      {math_expm1, -kLargest, -1.0},
      {math_expm1, kLargest, kInf},
      {math_log, 1.0, 0.0},
      {math_log, 0.0, -kInf},
      {math_log, -0.0, -kInf},
      {math_log, kInf, kInf},
      {math_log, -1.0, kNotNumber},
      {math_log, -kInf, kNotNumber},
      {math_log1p, 0.0, 0.0},
      {math_log1p, -0.0, -0.0},
      {math_log1p, -1.0, -kInf},
      {math_log1p, kInf, kInf},
      {math_log1p, -2.0, kNotNumber},
      {math_log1p, -kInf, kNotNumber},
      {math_log1p, -kSmallest, -kSmallest},
      {math_log2, 1.0, 0.0},
      {math_log2, 0.0, -kInf},
      {math_log2, -0.0, -kInf},
      {math_log2, kInf, kInf},
      {math_log2, -3.0, kNotNumber},
      {math_log10, 1.0, 0.0},
      {math_log10, 0.0, -kInf},
      {math_log10, -0.0, -kInf},
      {math_log10, kInf, kInf},
      {math_log10, -3.0, kNotNumber},
      {math_sin, 0.0, 0.0},
      {math_sin, -0.0, -0.0},
      {math_sin, kInf, kNotNumber},
      {math_sin, -kInf, kNotNumber},
      {math_sin, kSmallest, kSmallest},
      {math_cos, 0.0, 1.0},
      {math_cos, -0.0, 1.0},
      {math_cos, kInf, kNotNumber},
      {math_cos, -kInf, kNotNumber},
      {math_tanh, 0.0, 0.0},
      {math_tanh, -0.0, -0.0},
      {math_tanh, kInf, 1.0},
      {math_tanh, -kInf, -1.0},
      {math_tanh, -kSmallest, -kSmallest},
  };
  for (const Case& expected : cases) {
    CAPTURE(&expected - cases);
    CHECK(same(expected.function(expected.x), expected.expected));
  }
}

TEST_CASE("NaN gives the one quiet NaN") {
  for (const uint64_t bits : {0x7ff8000000000000u, 0xfff8000000000001u, 0x7ff0000000000001u}) {
    const auto x = std::bit_cast<double>(bits);
    for (const Function function :
         {math_exp, math_expm1, math_log, math_log1p, math_log2, math_log10, math_sin, math_cos, math_tanh}) {
      CHECK(std::bit_cast<uint64_t>(function(x)) == 0x7ff8000000000000u);
    }
    CHECK(std::bit_cast<uint64_t>(math_pow(x, 2.0)) == 0x7ff8000000000000u);
    CHECK(std::bit_cast<uint64_t>(math_pow(2.0, x)) == 0x7ff8000000000000u);
  }
}

TEST_CASE("pow follows C, Annex F, on every pair of special values") {
  const double values[] = {0.0,        -0.0,       1.0,         -1.0,       0.5,        -0.5,       2.0,
                           -2.0,       3.0,        -3.0,        2.5,        -2.5,       kInf,       -kInf,
                           kNotNumber, kLargest,   -kLargest,   kSmallest,  -kSmallest, 0x1p52 + 1, -0x1p52 - 1,
                           0x1p53,     0x1p53 + 2, 1 + 0x1p-52, 1 - 0x1p-53};
  for (const double x : values) {
    for (const double y : values) {
      CAPTURE(x);
      CAPTURE(y);
      CHECK(same(math_pow(x, y), std::pow(x, y)));
    }
  }
}

TEST_CASE("symmetric functions are symmetric to the bit") {
  Random random(5);
  for (int i = 0; i < 10'000; ++i) {
    const double x = random.scaled(-30, 30);
    CHECK(math_sin(-x) == -math_sin(x));
    CHECK(math_cos(-x) == math_cos(x));
    CHECK(math_tanh(-x) == -math_tanh(x));
  }
}

// These bits are a promise to every data set already written. If a hash changes, the fitted state and the features of
// users change with it; that needs a new version of the format, not a new number here.
TEST_CASE("the bits of every function over a fixed set of inputs are what they were") {
  struct Golden {
    Function function;
    uint64_t hash;
  };
  const Golden goldens[] = {
      {math_exp, 0xf1fcda6862f925cf},   {math_expm1, 0x7f01eeb3c25a42f9}, {math_log, 0x1374fd85d1f50310},
      {math_log1p, 0xba9639150120d26e}, {math_log2, 0xcb4348612f36ab97},  {math_log10, 0xe4fabcb3657d6341},
      {math_sin, 0xdfeed7bc1b51c93d},   {math_cos, 0x64fa5b5e89ab738f},   {math_tanh, 0x865823187a5a5634},
  };
  std::vector<double> inputs = edges();
  Random random(2026);
  for (int i = 0; i < 20'000; ++i) {
    inputs.push_back(random.between(-20, 20));
    inputs.push_back(random.between(-800, 800));
    inputs.push_back(random.scaled(-1074, 1023));
    inputs.push_back(random.scaled(-12, 4));
  }
  std::vector<uint64_t> bits(inputs.size());
  for (const Golden& golden : goldens) {
    CAPTURE(&golden - goldens);
    for (size_t i = 0; i < inputs.size(); ++i) bits[i] = std::bit_cast<uint64_t>(golden.function(inputs[i]));
    CHECK(hash_combine(bits) == golden.hash);
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    bits[i] = std::bit_cast<uint64_t>(math_pow(inputs[i], inputs[(i * 7 + 3) % inputs.size()]));
  }
  CHECK(hash_combine(bits) == 0x6a17e85232ff78d4u);
}

}  // namespace headrace
