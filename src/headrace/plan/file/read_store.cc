// See read.h: how an object store is reached.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "headrace/plan/file/read.h"

namespace headrace {
namespace {

constexpr std::array<std::string_view, 3> kSecretKeys = {"access_key", "secret_key", "session_token"};
constexpr double kTimeoutMax = 3600;

double read_timeout(const ReadFile& file, const ConfigNode& map, std::string_view key, double fallback) {
  const ConfigNode* node = map.find(key);
  if (node == nullptr) return fallback;
  double seconds = node->scalar.type.kind() == TypeKind::kInt64 ? static_cast<double>(node->scalar.as_int())
                                                                : node->scalar.as_double();
  if (seconds > 0 && seconds <= kTimeoutMax) return seconds;
  file.fail(node->place, fmt::format("'{}' is {} seconds, expected more than 0 and at most 3600", key, node->text),
            "remove the key for its default");
}

}  // namespace

void refuse_secrets(const ReadFile& file, const ConfigNode& root) {
  const ConfigNode* options = root.is_map() ? root.find("storage_options") : nullptr;
  if (options == nullptr || !options->is_map()) return;
  for (const ConfigEntry& entry : options->entries) {
    if (std::ranges::find(kSecretKeys, entry.key) == kSecretKeys.end()) continue;
    file.fail(entry.place, fmt::format("'{}' in a pipeline file: files are copied, stored and shown", entry.key),
              "credentials come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with "
              "AWS_SESSION_TOKEN where there is one), or AWS_PROFILE");
  }
}

StorageOptions read_store(const ReadFile& file, const ConfigNode& node) {
  StorageOptions options;
  options.endpoint = read_string(node, "endpoint");
  options.region = read_string(node, "region");
  options.scheme = read_string(node, "scheme");
  options.anonymous = read_bool(node, "anonymous", options.anonymous);
  options.connect_timeout = read_timeout(file, node, "connect_timeout", options.connect_timeout);
  options.request_timeout = read_timeout(file, node, "request_timeout", options.request_timeout);
  return options;
}

}  // namespace headrace
