// Arrow's clients of S3: how they are made, how often they try, what their failures mean.
#pragma once

#ifdef HEADRACE_S3

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <arrow/filesystem/filesystem.h>
#include <arrow/status.h>

#include "headrace/base/error.h"
#include "headrace/column/storage_options.h"

namespace headrace {

/// Throws Error(kUnsupported) in a process that was forked from one which had started Arrow's S3: its threads stayed
/// there, and waiting for them would take for ever.
void require_own_s3(std::string_view path);

/// Ends Arrow's S3, if this very process started it.
void end_own_s3();

/// Makes a client for each bucket, when it is first asked for: regions belong to buckets. Thread-safe.
class S3Connection {
 public:
  explicit S3Connection(StorageOptions options) : options_(std::move(options)) {}

  /// Starts Arrow's S3 if nobody did. Throws as require_own_s3(); Error(kIo) when the client cannot be made,
  /// Error(kInvalidArgument) when an option makes no sense. Of a bucket without an endpoint and a region, it asks
  /// Amazon for the region.
  std::shared_ptr<arrow::fs::FileSystem> client_of(std::string_view path);

  /// The Error for an operation that failed: "cannot <operation> '<path>': <reason>", without credentials, with a hint
  /// where the reason has a usual cure. kNotFound when the object or the bucket does not exist, else kIo.
  Error failure(std::string_view operation, std::string_view path, const arrow::Status& status) const;

 private:
  const StorageOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<arrow::fs::FileSystem>, std::less<>> clients_;  // by bucket
};

}  // namespace headrace

#endif
