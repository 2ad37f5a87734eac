// See feed_state.h.
#include "headrace/feed/feed_state.h"

#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/error.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

[[noreturn]] void refuse(const std::string& why, const std::string& hint) {
  throw Error(ErrorCode::kInvalidArgument, "the state does not go with this feed: " + why, hint);
}

std::int64_t number_of(const Json& state, const char* key, std::int64_t least = 0) {
  auto found = state.find(key);
  if (found == state.end() || !found->is_number_integer() || *found < least) {
    refuse(fmt::format("'{}' is no number from {} on", key, least), "take a state as state_dict() gives it");
  }
  return found->get<std::int64_t>();
}

Json parsed(std::string_view text) {
  Json state = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object()) refuse("it is no JSON object", "take a state as state_dict() gives it");
  if (number_of(state, "version") != kVersion) {
    refuse(fmt::format("it is of version {}, and {} is known", state["version"].dump(), kVersion),
           "use the version of Headrace that it was taken with");
  }
  return state;
}

template <typename T>
void check_equal(const char* what, const T& in_state, const T& here, const char* hint) {
  if (in_state != here) refuse(fmt::format("its {} is {}, not {}", what, in_state, here), hint);
}

void check_order(const Json& state, const FeedPlan& plan) {
  check_equal("number of rows", number_of(state, "rows"), plan.epoch_rows(), "feed the rows that it was taken of");
  check_equal("digest of blocks", state.value("blocks", ""), plan.digest(),
              "the rows lie in other files or row groups: feed those that it was taken of");
  std::string seed = plan.options.shuffle_seed ? fmt::format("{}", *plan.options.shuffle_seed) : "none";
  auto found = state.find("seed");
  bool has_seed = found != state.end() && found->is_number_unsigned();
  check_equal("seed", has_seed ? fmt::format("{}", found->get<std::uint64_t>()) : "none", seed,
              "shuffle with the same seed");
}

}  // namespace

std::string feed_state(const FeedPlan& plan, const FeedPosition& position) {
  Json state;
  state["version"] = kVersion;
  state["epoch"] = position.epoch;
  state["position"] = position.position;
  state["window_rows"] = plan.window_rows;
  state["seed"] = plan.options.shuffle_seed ? Json(*plan.options.shuffle_seed) : Json();
  state["rows"] = plan.epoch_rows();
  state["blocks"] = plan.digest();
  if (plan.options.worker_count > 1) {
    state["step"] = position.step;
    state["worker"] = plan.options.worker;
    state["worker_count"] = plan.options.worker_count;
  }
  return state.dump();
}

ResumedFeed resume_feed(const FeedPlan& plan, std::string_view text) {
  Json state = parsed(text);
  check_order(state, plan);
  FeedPosition position{number_of(state, "epoch"), number_of(state, "position"), 0};
  if (position.position > plan.epoch_rows()) refuse("its position is behind the last row", "take another state");
  if (state.contains("worker_count")) {
    const char* hint = "take the state of the loader as a whole, or as many workers as it was taken with";
    check_equal("number of workers", number_of(state, "worker_count", 1), plan.options.worker_count, hint);
    check_equal("worker", number_of(state, "worker"), plan.options.worker, hint);
    position.step = number_of(state, "step");
  }
  FeedPlan resumed = plan;
  std::int64_t window_rows = number_of(state, "window_rows", 1);
  bool is_chosen = plan.options.window_rows > 0 || plan.options.shuffles_fully;
  if (is_chosen) check_equal("window", window_rows, plan.window_rows, "mix in the same window");
  if (window_rows > std::numeric_limits<std::int32_t>::max() / 2) refuse("its window is too large", "take another");
  resumed.window_rows = window_rows;
  return {std::make_shared<const FeedPlan>(std::move(resumed)), position};
}

}  // namespace headrace
