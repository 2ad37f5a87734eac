// The main function of every fuzzer: breaks good inputs in random ways and hands them to the parser.
//
//   headrace_fuzz_NAME [--runs N] [--seconds S] [--seed N]     N runs, or as many as fit into S seconds
//   headrace_fuzz_NAME FILE...                                 the inputs in these files
//
// Meant for sanitizer builds. Input number i depends on the seed and i alone, so a finding comes again with the same
// seed; its bytes are also left in finding-NAME.bin beside the working folder's other files. No coverage feedback: that
// takes another compiler than the project's own, and structure-aware seeds and words go a long way for parsers this
// small.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "fuzz/fuzz.h"

// Of the sanitizers' run-time library; called before the process ends on a report.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

constexpr unsigned kSecondsPerInputMax = 20;
constexpr std::size_t kInputBytesMax = 1 << 16;

// What is being tried, for the callbacks that a dying process runs.
std::string current_input;
std::string program_name;
std::uint64_t current_run = 0;
std::uint64_t current_seed = 0;

void leave_finding() {
  const std::string file = fmt::format("finding-{}.bin", program_name);
  std::ofstream(file, std::ios::binary) << current_input;
  fmt::print(stderr, "{}: finding at run {} of --seed {}, {} bytes left in {}\n", program_name, current_run,
             current_seed, current_input.size(), file);
}

void on_alarm(int) {
  leave_finding();
  fmt::print(stderr, "{}: the input took more than {} s\n", program_name, kSecondsPerInputMax);
  _exit(1);
}

/// Breaks inputs. Uses only integer arithmetic on the generator's output, so that seeds mean the same everywhere.
class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, std::vector<std::string> words)
      : seeds_(std::move(seeds)), words_(std::move(words)) {}

  std::string make(std::uint64_t seed, std::uint64_t run) {
    random_.seed(seed * 0x9E3779B97F4A7C15U + run);
    std::string input = pick(seeds_);
    if (run < seeds_.size()) return seeds_[run];  // each seed once, unbroken
    const std::size_t count = 1 + below(8);
    for (std::size_t index = 0; index < count; ++index) mutate(input);
    if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const std::string& pick(const std::vector<std::string>& from) { return from[below(from.size())]; }

  void mutate(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(input.size() - at, 1 + below(64)) + 1);
    switch (below(words_.empty() ? 8 : 10)) {
      case 0:  // another byte
        if (at < input.size()) input[at] = static_cast<char>(random_());
        return;
      case 1:  // another bit
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        return;
      case 2: input.erase(at, length); return;
      case 3: input.insert(at, input.substr(at, length)); return;
      case 4: input.resize(at); return;
      case 5: {  // a piece of another seed
        const std::string& other = pick(seeds_);
        const std::size_t from = below(other.size() + 1);
        input.replace(at, length, other.substr(from, below(256)));
        return;
      }
      case 6: {  // an extreme integer, little-endian, of 1 to 8 bytes
        const std::uint64_t extremes[] = {0,    1, 0x7F, 0x80, 0xFF, 0x7FFF'FFFF, 0x8000'0000, 0x7FFF'FFFF'FFFF'FFFF,
                                          ~0ULL};
        const std::uint64_t value = extremes[below(std::size(extremes))];
        for (std::size_t index = 0, width = 1 + below(8); index < width && at + index < input.size(); ++index)
          input[at + index] = static_cast<char>(value >> (8 * index));
        return;
      }
      case 7: input.insert(at, std::string(1 + below(200), static_cast<char>(random_()))); return;
      default: input.insert(at, pick(words_)); return;
    }
  }

  std::vector<std::string> seeds_;
  std::vector<std::string> words_;
  std::mt19937_64 random_;
};

bool try_input(std::string input) {
  current_input = std::move(input);
  alarm(kSecondsPerInputMax);
  try {
    headrace::fuzz_one(current_input);
  } catch (const std::exception& error) {
    leave_finding();
    fmt::print(stderr, "{}: {}\n", program_name, error.what());
    return false;
  }
  alarm(0);
  return true;
}

bool replay(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    fmt::print(stderr, "{}: cannot read {}\n", program_name, file);
    return false;
  }
  return try_input({std::istreambuf_iterator<char>(stream), {}});
}

}  // namespace

int main(int argc, char** argv) {
  program_name = argv[0];
  program_name = program_name.substr(program_name.find_last_of('/') + 1);
  std::signal(SIGALRM, on_alarm);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(leave_finding);

  std::uint64_t runs = 2000;
  double seconds = 0;
  std::vector<std::string> files;
  for (int index = 1; index < argc; ++index) {
    const std::string argument = argv[index];
    const bool has_value = index + 1 < argc;
    if (argument == "--runs" && has_value) {
      runs = std::strtoull(argv[++index], nullptr, 10);
    } else if (argument == "--seconds" && has_value) {
      seconds = std::strtod(argv[++index], nullptr);
    } else if (argument == "--seed" && has_value) {
      current_seed = std::strtoull(argv[++index], nullptr, 10);
    } else if (argument.starts_with("--")) {
      fmt::print(stderr, "{}: unknown option {}; valid: --runs N, --seconds S, --seed N, FILE...\n", program_name,
                 argument);
      return 2;
    } else {
      files.push_back(argument);
    }
  }
  if (!files.empty()) {
    for (const std::string& file : files) {
      if (!replay(file)) return 1;
    }
    return 0;
  }

  using Clock = std::chrono::steady_clock;
  const Clock::time_point started = Clock::now();
  const auto seconds_since_start = [&] { return std::chrono::duration<double>(Clock::now() - started).count(); };
  Mutator mutator(headrace::fuzz_seeds(), headrace::fuzz_words());
  for (current_run = 0; seconds > 0 ? seconds_since_start() < seconds : current_run < runs; ++current_run) {
    if (!try_input(mutator.make(current_seed, current_run))) return 1;
  }
  fmt::print("{}: {} inputs in {:.1f} s, nothing found\n", program_name, current_run, seconds_since_start());
  return 0;
}
