// See run_id.h.
#include "headrace/frame/run_id.h"

#include <chrono>
#include <random>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace headrace {
namespace {

std::tm utc_now() { return fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())); }

}  // namespace

std::string make_run_id() {
  std::random_device chance;
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{:08x}", utc_now(), chance());
}

std::string utc_text_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc_now()); }

}  // namespace headrace
