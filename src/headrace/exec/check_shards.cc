// See check_shards.h.
#include "headrace/exec/check_shards.h"

#include <atomic>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/checksum_file.h"

namespace headrace {
namespace {

/// Whether an error tells of the data, and not of the run that looks at it.
bool is_about_data(const Error& error) {
  return error.code() != ErrorCode::kOutOfMemory && error.code() != ErrorCode::kCancelled &&
         error.code() != ErrorCode::kInternal;
}

class ShardCheck {
 public:
  ShardCheck(const Manifest& manifest, const std::string& path, std::shared_ptr<FileSystem> fs,
             const RunContext& context)
      : manifest_(manifest), path_(path), fs_(std::move(fs)), context_(context) {}

  /// Looks at one shard, to the end if it can.
  ShardFindings check(const Shard& shard) const {
    ShardFindings findings;
    findings.file = shard.file;
    attempt(findings, [&] { check_bytes(shard, findings); });
    attempt(findings, [&] { decode(shard, findings); });
    return findings;
  }

 private:
  template <typename Body>
  void attempt(ShardFindings& findings, const Body& body) const {
    try {
      body();
    } catch (const Error& error) {
      if (!is_about_data(error)) throw;
      findings.problems.push_back(error.message());
    }
  }

  void check_bytes(const Shard& shard, ShardFindings& findings) const {
    std::unique_ptr<InputFile> file = fs_->open(join_path(path_, shard.file));
    findings.bytes = file->size_bytes();
    if (findings.bytes != shard.summary.size_bytes) {
      findings.problems.push_back(
          fmt::format("it has {} bytes, the manifest says {}", findings.bytes, shard.summary.size_bytes));
      return;
    }
    if (shard.summary.checksum.empty()) return;
    std::string checksum = checksum_of(*file, *context_.memory);
    if (checksum == shard.summary.checksum) return;
    findings.problems.push_back(
        fmt::format("its bytes have the checksum {}, the manifest says {}", checksum, shard.summary.checksum));
  }

  void decode(const Shard& shard, ShardFindings& findings) const {
    std::unique_ptr<SourceReader> reader = open_source(shard_source(manifest_, path_, shard), {fs_, context_.memory});
    for (std::size_t split = 0; split < reader->split_count(); ++split) {
      std::unique_ptr<SplitStream> stream = reader->open_split(split, {reader->schema().names(), {}});
      Batch batch;
      while (stream->next(batch)) {
        context_.cancellation->check();
        findings.rows += batch.row_count;
        findings.digest.add(batch);
      }
    }
    if (findings.rows == shard.summary.row_count) return;
    findings.problems.push_back(
        fmt::format("it has {} rows, the manifest says {}", findings.rows, shard.summary.row_count));
  }

  const Manifest& manifest_;
  const std::string& path_;
  std::shared_ptr<FileSystem> fs_;
  const RunContext& context_;
};

}  // namespace

std::vector<ShardFindings> check_shards(const Manifest& manifest, const std::string& path,
                                        const std::shared_ptr<FileSystem>& fs, const RunContext& context) {
  std::vector<const Shard*> shards;
  for (const Part& part : manifest.parts) {
    for (const Shard& shard : part.shards) shards.push_back(&shard);
  }
  std::vector<ShardFindings> findings(shards.size());
  ShardCheck check(manifest, path, fs, context);
  std::atomic<std::size_t> done{0};
  run_tasks(shards.size(), context.thread_count, *context.cancellation, [&](std::size_t index, std::size_t) {
    findings[index] = check.check(*shards[index]);
    if (context.on_progress) context.on_progress({"verify " + path, done.fetch_add(1) + 1, shards.size(), 0});
  });
  return findings;
}

}  // namespace headrace
