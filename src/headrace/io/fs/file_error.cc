// See file_error.h.
#include "headrace/io/fs/file_error.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <fmt/format.h>

namespace headrace {
namespace {

std::string_view hint_for(int error_number) {
  switch (error_number) {
    case ENOSPC: return "the disk is full: free some space, or write to another disk";
    case EDQUOT: return "the disk quota is used up: free some space, or write to another disk";
    case EFBIG: return "the file is larger than the file system or 'ulimit -f' allows: write more, smaller files";
    case EACCES:
    case EPERM: return "the user who runs this needs permission for the file and the folders above it";
    case EROFS: return "the file system is mounted read-only: write to another one";
    case ENOENT: return kCheckPath;
    case EMFILE:
    case ENFILE: return "too many files are open: raise the limit with 'ulimit -n'";
    case EISDIR: return "name a file instead of a folder";
    case ENOTDIR: return "a part of the path that should be a folder is a file";
    case ENAMETOOLONG: return "use a shorter path";
    case ELOOP: return "symbolic links on the path lead in a circle";
    case EIO: return "the device reports an error: check the system log and the disk";
    default: return {};
  }
}

}  // namespace

Error file_error(std::string_view operation, std::string_view path, int error_number) {
  ErrorCode code = error_number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  std::string reason = std::generic_category().message(error_number);
  return Error(code, fmt::format("cannot {} '{}': {}", operation, path, reason), std::string(hint_for(error_number)));
}

Error with_start_of_paths(const Error& error, std::string_view folder) {
  if (!error.hint().starts_with(kCheckPath)) return error;
  Error longer(error.code(), error.message(), fmt::format("{}; a relative path starts at {}", error.hint(), folder));
  for (const std::string& context : error.context()) longer.add_context(context);
  return longer;
}

}  // namespace headrace
