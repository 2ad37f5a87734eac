// See s3_connection.h.
#include "headrace/io/fs/s3_connection.h"

#ifdef HEADRACE_S3

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <unistd.h>
#include <utility>

#include <arrow/filesystem/s3fs.h>
#include <arrow/util/io_util.h>
#include <fmt/format.h>

#include "headrace/base/path_scheme.h"

namespace headrace {
namespace {

/// When to try a request again. A store that is busy (503) or broke the connection is worth waiting for; one that does
/// not answer costs a timeout each time. Once a request was given up, others get one try only for a while: what fails
/// with a whole store ends soon, also what cleans up.
class RetryPolicy : public arrow::fs::S3RetryStrategy {
 public:
  bool ShouldRetry(const AWSErrorDetail& error, std::int64_t tries) override {
    if (!error.should_retry) return false;
    bool is_silent = error.message.find(kTimedOut) != std::string::npos;
    std::int64_t tries_max = is_silent ? kSilentRetries : kRetries;
    std::int64_t now = now_ms();
    if (tries < tries_max && now - given_up_ms_ > kGivenUpMs) return true;
    given_up_ms_ = now;
    return false;
  }

  /// Doubled each time, and different for requests that failed together.
  std::int64_t CalculateDelayBeforeNextRetry(const AWSErrorDetail&, std::int64_t tries) override {
    std::int64_t pause = std::min(kPauseMs << std::min<std::int64_t>(tries, 16), kPauseMsMax);
    return pause * static_cast<std::int64_t>(75 + 37 * pauses_++ % 50) / 100;
  }

 private:
  static constexpr std::string_view kTimedOut = "curlCode: 28";
  static constexpr std::int64_t kRetries = 6;
  static constexpr std::int64_t kSilentRetries = 2;
  static constexpr std::int64_t kPauseMs = 200;
  static constexpr std::int64_t kPauseMsMax = 2000;
  static constexpr std::int64_t kGivenUpMs = 60'000;

  static std::int64_t now_ms() {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  }

  std::atomic<std::int64_t> given_up_ms_{-kGivenUpMs - 1};
  std::atomic<std::uint64_t> pauses_{0};
};

std::string from_environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

/// Sets address and transport from "http://localhost:9000" or "localhost:9000".
void set_endpoint(const std::string& endpoint, arrow::fs::S3Options& s3) {
  std::string scheme = scheme_of(endpoint);
  s3.endpoint_override = scheme.empty() ? endpoint : endpoint.substr(scheme.size() + 3);
  while (s3.endpoint_override.ends_with('/')) s3.endpoint_override.pop_back();
  if (scheme == "http" || scheme == "https") s3.scheme = scheme;
  bool is_good = (scheme.empty() || scheme == "http" || scheme == "https") && !s3.endpoint_override.empty() &&
                 s3.endpoint_override.find_first_of("@/ ") == std::string::npos;
  if (is_good) return;
  throw Error(ErrorCode::kInvalidArgument, "the endpoint of S3 is no address of a server",
              "write https://host:port, without a path and without credentials (AWS_ENDPOINT_URL, or 'endpoint' of "
              "storage_options)");
}

arrow::fs::S3Options make_options(const StorageOptions& options) {
  arrow::fs::S3Options s3;
  if (options.anonymous) {
    s3.ConfigureAnonymousCredentials();
  } else if (!options.access_key.empty()) {
    s3.ConfigureAccessKey(options.access_key, options.secret_key, options.session_token);
  } else {
    s3.ConfigureDefaultCredentials();
  }
  if (!options.scheme.empty()) s3.scheme = options.scheme;
  std::string endpoint = options.endpoint;
  if (endpoint.empty()) endpoint = from_environment({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (!endpoint.empty()) set_endpoint(endpoint, s3);
  s3.region = options.region.empty() ? from_environment({"AWS_REGION", "AWS_DEFAULT_REGION"}) : options.region;
  s3.connect_timeout = options.connect_timeout;
  s3.request_timeout = options.request_timeout;
  s3.retry_strategy = std::make_shared<RetryPolicy>();
  s3.background_writes = false;  // parts in flight would be memory that nobody counts
  s3.allow_delayed_open = true;  // one PUT for what fits into a part
  return s3;
}

std::string_view hint_for(std::string_view reason, bool is_missing) {
  auto says = [&](std::string_view word) { return reason.find(word) != std::string_view::npos; };
  if (says("NO_SUCH_BUCKET")) return "check the bucket: buckets are never made here";
  if (is_missing) return "check the bucket and the key";
  if (says("ACCESS_DENIED") || says("INVALID_ACCESS_KEY_ID") || says("SIGNATURE") || says("MISSING_AUTH") ||
      says("EXPIRED") || says("ExpiredToken") || says("HTTP status 40")) {
    return "check the credentials and what they may do in the bucket: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in "
           "the environment, or AWS_PROFILE; a public bucket is read with 'anonymous: true' in storage_options";
  }
  if (says("configured region") || says("HTTP status 30")) {
    return "the bucket lies in another region: AWS_REGION, or 'region' of storage_options";
  }
  if (says("NETWORK_CONNECTION") || says("TIMEOUT")) {
    return "check the network and the address of the store (AWS_ENDPOINT_URL, or 'endpoint' of storage_options); what "
           "is slow, not broken, needs a longer 'request_timeout'";
  }
  if (says("SLOW_DOWN") || says("SERVICE_UNAVAILABLE") || says("THROTTLING")) {
    return "the store is busy: run again later, or with fewer --threads";
  }
  return {};
}

/// The words of the store without credentials that it may have repeated.
std::string without_secrets(std::string text, const StorageOptions& options) {
  for (const std::string& secret :
       {options.secret_key, options.session_token, options.access_key, from_environment({"AWS_SECRET_ACCESS_KEY"}),
        from_environment({"AWS_SESSION_TOKEN"}), from_environment({"AWS_ACCESS_KEY_ID"})}) {
    if (secret.empty()) continue;
    for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

/// The process that started Arrow's S3; 0: none.
std::atomic<pid_t> g_started_by{0};

/// A forked child cannot end Arrow's S3, whose threads are its parent's, and would crash or hang in its destructors: it
/// leaves before they run, with its own exit code. Python has been finalized then.
void leave_forked_child(int exit_code, void* /*unused*/) {
  if (g_started_by == ::getpid()) return;
  std::fflush(nullptr);
  ::_exit(exit_code);
}

/// Says that this process has started Arrow's S3.
void mark_started() {
  static std::once_flag marked;
  std::call_once(marked, [] { ::on_exit(&leave_forked_child, nullptr); });
  g_started_by = ::getpid();
}

}  // namespace

void require_own_s3(std::string_view path) {
  pid_t starter = g_started_by;
  if (starter == 0 || starter == ::getpid()) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("cannot use '{}' in process {}, which was forked from process {} after that used s3://", path,
                          ::getpid(), starter),
              "let processes be spawned: multiprocessing.get_context(\"spawn\"); or fork before s3:// is used");
}

void end_own_s3() {
  if (g_started_by == ::getpid() && arrow::fs::IsS3Initialized()) static_cast<void>(arrow::fs::FinalizeS3());
}

std::shared_ptr<arrow::fs::FileSystem> S3Connection::client_of(std::string_view path) {
  require_own_s3(path);
  std::string_view bucket = bucket_of(path);
  std::lock_guard lock(mutex_);
  if (auto known = clients_.find(bucket); known != clients_.end()) return known->second;
  if (arrow::Status started = arrow::fs::EnsureS3Initialized(); !started.ok()) throw failure("reach", path, started);
  mark_started();
  arrow::fs::S3Options s3 = make_options(options_);
  if (s3.region.empty() && s3.endpoint_override.empty()) {
    arrow::Result<std::string> region = arrow::fs::ResolveS3BucketRegion(std::string(bucket));
    if (!region.ok()) throw failure("reach", path, region.status());
    s3.region = *region;
  }
  arrow::Result<std::shared_ptr<arrow::fs::S3FileSystem>> client = arrow::fs::S3FileSystem::Make(s3);
  if (!client.ok()) throw failure("reach", path, client.status());
  return clients_.emplace(bucket, *client).first->second;
}

Error S3Connection::failure(std::string_view operation, std::string_view path, const arrow::Status& status) const {
  // What Arrow puts before the words of the store says only what the message says already.
  const std::string& text = status.message();
  std::size_t start = text.find("AWS Error ");
  std::string reason = without_secrets(start == std::string::npos ? text : text.substr(start), options_);
  bool is_missing = arrow::internal::ErrnoFromStatus(status) == ENOENT ||
                    reason.find("NO_SUCH_") != std::string::npos ||
                    reason.find("RESOURCE_NOT_FOUND") != std::string::npos;
  if (is_missing && start == std::string::npos) reason = "there is no such object";
  return Error(is_missing ? ErrorCode::kNotFound : ErrorCode::kIo,
               fmt::format("cannot {} '{}': {}", operation, path, reason), std::string(hint_for(reason, is_missing)));
}

}  // namespace headrace

#endif
