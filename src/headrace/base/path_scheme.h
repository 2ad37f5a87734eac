// Paths of this machine, and paths with a scheme: s3://bucket/key.
#pragma once

#include <string>
#include <string_view>

namespace headrace {

/// "s3" of "s3://bucket/key" in lower case; empty for a path of this machine.
std::string scheme_of(std::string_view path);

/// A path as everything below understands it: "/data/a b" for "file:///data/a%20b", "s3://bucket/key" also for
/// "s3a://bucket/key", a plain path as it is. Throws Error(kInvalidArgument) for another scheme, for a file:// path of
/// another machine, for an s3:// path without a bucket, and for one that holds credentials, which it does not repeat.
std::string known_path(std::string_view path);

/// Whether a path that known_path() gave is a bucket, and nothing in it.
bool is_whole_bucket(std::string_view path);
/// The bucket of a path that known_path() gave and that begins with s3://.
std::string_view bucket_of(std::string_view path);

}  // namespace headrace
