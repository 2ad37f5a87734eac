// The user agents of browsers, by kind of device.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/generate/words.h"

namespace headrace::bench {

struct UserAgent {
  std::string text;
  std::int64_t csv_size;
};

/// Different texts for each device, 5,000 together, frequent ones first.
std::array<std::vector<UserAgent>, kDevices> make_user_agents();

}  // namespace headrace::bench
