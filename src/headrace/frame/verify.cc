// See verify.h.
#include "headrace/frame/verify.h"

#include <chrono>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/exec/check_shards.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

Verification verify_data_set(const std::string& path, const std::shared_ptr<FileSystem>& fs,
                             const RunContext& context) {
  auto start = std::chrono::steady_clock::now();
  Manifest manifest = require_manifest(*fs, path);
  std::vector<ShardFindings> shards = check_shards(manifest, path, fs, context);
  Verification result;
  result.path = path;
  result.run_id = manifest.run_id;
  result.shard_count = shards.size();
  RowDigest digest;
  for (ShardFindings& shard : shards) {
    for (std::string& problem : shard.problems) result.problems.push_back({shard.file, std::move(problem)});
    digest.merge(shard.digest);
    result.row_count += shard.rows;
    result.size_bytes += shard.bytes;
  }
  result.row_digest = digest.to_string();
  // What is wrong with a shard makes the digest wrong, too: that alone would be no news.
  if (result.problems.empty() && !manifest.row_digest.empty() && result.row_digest != manifest.row_digest) {
    result.problems.push_back(
        {"", fmt::format("its rows have the digest {}, the manifest says {}", result.row_digest, manifest.row_digest)});
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

std::string Verification::to_text() const {
  std::string text;
  for (const Problem& problem : problems) {
    text += fmt::format("{}: {}\n", problem.file.empty() ? path : problem.file, problem.what);
  }
  std::string bytes = format_bytes(static_cast<std::size_t>(size_bytes));
  if (is_good()) {
    return fmt::format("{}: good: {} shards, {} rows, {} as the manifest of run {} says, in {:.1f} s\n", path,
                       shard_count, format_count(row_count), bytes, run_id, seconds);
  }
  std::set<std::string> files;
  for (const Problem& problem : problems) files.insert(problem.file);
  return text + fmt::format("{}: damaged: {} of {} shards; {} rows could be read\n", path, files.size(), shard_count,
                            format_count(row_count));
}

std::string Verification::to_json() const {
  Json json = {{"path", path},
               {"status", is_good() ? "good" : "damaged"},
               {"run_id", run_id},
               {"shards", shard_count},
               {"rows", row_count},
               {"bytes", size_bytes},
               {"seconds", seconds},
               {"row_digest", row_digest},
               {"problems", Json::array()}};
  for (const Problem& problem : problems) json["problems"].push_back({{"file", problem.file}, {"what", problem.what}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace headrace
