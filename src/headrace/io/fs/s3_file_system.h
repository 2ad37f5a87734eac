// Files in buckets of S3 and of stores that speak like it, by Arrow's client.
//
// A folder is what keys have in common up to a '/'; none is ever made. A file being written is a multipart upload, or
// one PUT where it is smaller than a part (10 MiB), so that its object is there whole or not at all. Parts are sent by
// the thread that appends; each file being written takes one part of memory, beside the budget.
#pragma once

#include <memory>

#include "headrace/column/storage_options.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

/// A file system of paths "s3://bucket/key", as known_path() gives them. Nothing is connected to before the first
/// operation. Messages hold no credentials. Tries that failed for a reason that may pass (503, a broken or silent
/// connection) are repeated with growing pauses, for half a minute or so. It has neither links nor locks.
/// Throws Error(kUnsupported) where Headrace was built with an Arrow that has no S3; operations do in a process that
/// was forked from one that had used S3.
std::shared_ptr<FileSystem> s3_file_system(const StorageOptions& options);

/// Ends Arrow's S3 client, if it was started; after that S3 can no longer be used. A process that used S3 has to call
/// it before main() ends, when no file of S3 is open any more: otherwise it may crash while it exits.
void end_s3();

}  // namespace headrace
