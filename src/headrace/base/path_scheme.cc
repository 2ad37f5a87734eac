// See path_scheme.h.
#include "headrace/base/path_scheme.h"

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::string_view kSeparator = "://";
constexpr std::string_view kValid =
    "paths are those of this machine (data/x.csv, file:///data/x.csv) or of S3 (s3://bucket/x.csv, also spelled "
    "s3a://)";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      decoded.push_back(text[i]);
    } else {
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return decoded;
}

std::string local_path(std::string_view path, std::string_view rest) {
  if (rest.starts_with("localhost/")) rest.remove_prefix(std::string_view("localhost").size());
  if (rest.starts_with('/')) return percent_decoded(rest);
  throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is a file of another machine", path),
              "after file:// comes an absolute path: file:///data/x.csv");
}

std::string s3_path(std::string_view rest) {
  std::string_view bucket = rest.substr(0, rest.find('/'));
  if (bucket.find_first_of("@:") != std::string_view::npos) {
    throw Error(ErrorCode::kInvalidArgument, "an s3:// path holds credentials",
                "leave them out of paths, which are printed and stored: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in "
                "the environment, or AWS_PROFILE");
  }
  bool is_name = !bucket.empty() && std::ranges::all_of(bucket, [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
  });
  if (!is_name) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("'s3://{}' names no bucket", rest),
                "write s3://bucket/folder; a bucket's name has letters, digits, '.', '-' and '_'");
  }
  return fmt::format("s3://{}", rest);
}

}  // namespace

std::string scheme_of(std::string_view path) {
  std::size_t end = path.find(kSeparator);
  if (end == std::string_view::npos || end == 0 || !is_letter(path[0])) return {};
  std::string scheme(path.substr(0, end));
  for (char& c : scheme) {
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return {};
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return scheme;
}

std::string known_path(std::string_view path) {
  std::string scheme = scheme_of(path);
  if (scheme.empty()) return std::string(path);
  std::string_view rest = path.substr(scheme.size() + kSeparator.size());
  if (scheme == "file") return local_path(path, rest);
  if (scheme == "s3" || scheme == "s3a") return s3_path(rest);
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{}:// paths cannot be read or written", scheme),
              std::string(kValid));
}

bool is_whole_bucket(std::string_view path) {
  if (scheme_of(path).empty()) return false;
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1).data() == bucket_of(path).data();
}

std::string_view bucket_of(std::string_view path) {
  std::string_view rest = path.substr(std::string_view("s3://").size());
  return rest.substr(0, rest.find('/'));
}

}  // namespace headrace
