// User agents in the forms that browsers send. See user_agents.h.
#include "bench/generate/user_agents.h"

#include <unordered_set>

#include <fmt/format.h>

#include "bench/generate/random.h"
#include "bench/generate/text.h"

namespace headrace::bench {
namespace {

template <std::size_t N>
const char* any_of(Random& random, const std::array<const char*, N>& choices) {
  return choices[static_cast<std::size_t>(random.below(N))];
}

std::string chrome_version(Random& random) {
  std::int64_t major = random.between(104, 131);
  if (random.chance(0.5)) return fmt::format("{}.0.0.0", major);
  return fmt::format("{}.0.{}.{}", major, 5000 + major * 13, random.between(40, 230));
}

std::string desktop(Random& random) {
  constexpr std::array kSystems = {"Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7",
                                   "X11; Linux x86_64", "Windows NT 6.1; Win64; x64", "X11; CrOS x86_64 14541.0.0"};
  std::string system = any_of(random, kSystems);
  std::int64_t kind = random.below(10);
  if (kind == 0 || kind > 7) {
    std::int64_t version = random.between(91, 133);
    return fmt::format("Mozilla/5.0 ({}; rv:{}.0) Gecko/20100101 Firefox/{}.0", system, version, version);
  }
  if (kind == 1) {
    return fmt::format(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_{}) AppleWebKit/605.1.{} (KHTML, like Gecko) Version/{}.{} "
        "Safari/605.1.{}",
        random.between(0, 7), random.between(10, 15), random.between(13, 18), random.between(0, 6), 15);
  }
  std::string chrome = fmt::format("Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36",
                                   system, chrome_version(random));
  if (kind == 2) {
    chrome +=
        fmt::format(" Edg/{}.0.{}.{}", random.between(104, 131), random.between(1200, 2900), random.between(30, 99));
  }
  if (kind == 3) chrome += fmt::format(" OPR/{}.0.0.0", random.between(90, 116));
  return chrome;
}

std::string android(Random& random, const char* model, const char* mobile) {
  return fmt::format(
      "Mozilla/5.0 (Linux; Android {}; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} {}Safari/537.36",
      random.between(8, 15), model, chrome_version(random), mobile);
}

std::string apple(Random& random, const char* device, const char* system) {
  return fmt::format(
      "Mozilla/5.0 ({}; {} {}_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{}.{} "
      "Mobile/15E148 Safari/604.1",
      device, system, random.between(13, 18), random.between(0, 7), random.between(13, 18), random.between(0, 6));
}

std::string mobile(Random& random) {
  constexpr std::array kModels = {"K", "Pixel 8", "SM-S918B", "SM-A546E", "SM-G991B", "M2101K6G", "CPH2387", "V2206"};
  if (random.chance(0.3)) return apple(random, "iPhone", "CPU iPhone OS");
  return android(random, any_of(random, kModels), "Mobile ");
}

std::string tablet(Random& random) {
  constexpr std::array kModels = {"SM-X710", "SM-T870", "Lenovo TB-X306F", "KFTRWI"};
  if (random.chance(0.5)) return apple(random, "iPad", "CPU OS");
  return android(random, any_of(random, kModels), "");
}

std::string television(Random& random) {
  if (random.chance(0.5)) {
    return fmt::format(
        "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36 "
        "WebAppManager",
        chrome_version(random));
  }
  return fmt::format(
      "Mozilla/5.0 (SMART-TV; LINUX; Tizen {}.0) AppleWebKit/537.36 (KHTML, like Gecko) {}.0 TV Safari/537.36",
      random.between(3, 8), chrome_version(random));
}

}  // namespace

std::array<std::vector<UserAgent>, kDevices> make_user_agents() {
  constexpr std::array<std::string (*)(Random&), kDevices> kMakers = {mobile, desktop, tablet, television};
  constexpr std::array<std::size_t, kDevices> kCounts = {2600, 1600, 500, 300};
  std::array<std::vector<UserAgent>, kDevices> agents;
  for (std::size_t device = 0; device < kDevices; ++device) {
    Random random(Stream::kAgent, static_cast<std::int64_t>(device));
    std::unordered_set<std::string> seen;
    while (agents[device].size() < kCounts[device]) {
      std::string text = kMakers[device](random);
      if (seen.insert(text).second) agents[device].push_back({text, csv_size(text)});
    }
  }
  return agents;
}

}  // namespace headrace::bench
