// Finds the files that a source names: plain paths, globs and folders. See file_system.h.
//
// A glob is matched component by component, so that only folders that can lead to a match are listed. '*' and '?' match
// within a component, '**' alone stands for any number of folders, none included. Names that begin with '.' or '_'
// (hidden files, markers and leftovers of other programs) match only a component that begins with the same character.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/path_scheme.h"
#include "headrace/io/fs/file_error.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {
namespace {

/// Folders below a source may nest this deep; more is a circle of links.
constexpr int kDepthMax = 32;

bool has_magic(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }
bool is_hidden(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string join(const std::string& folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return folder.ends_with('/') ? fmt::format("{}{}", folder, name) : fmt::format("{}/{}", folder, name);
}

/// Matches the bracket expression that starts at pattern[at] against `c` and moves `at` behind it. A '[' without its
/// ']' is an ordinary character.
bool match_bracket(std::string_view pattern, std::size_t& at, char c) {
  std::size_t i = at + 1;
  bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  std::size_t close = pattern.find(']', i + 1);
  if (close == std::string_view::npos) return pattern[at++] == c;
  bool found = false;
  while (i < close) {
    bool is_range = i + 2 < close && pattern[i + 1] == '-';
    auto low = static_cast<unsigned char>(pattern[i]);
    auto high = static_cast<unsigned char>(is_range ? pattern[i + 2] : pattern[i]);
    auto value = static_cast<unsigned char>(c);
    found = found || (low <= value && value <= high);
    i += is_range ? 3 : 1;
  }
  at = close + 1;
  return found != negated;
}

/// Whether a file name matches one component of a glob. On a mismatch the last '*' takes one character more: linear in
/// practice, and never worse than |name| × |pattern|.
bool match_component(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t in_name = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_name = 0;
  while (in_name < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_name = in_name;
      continue;
    }
    std::size_t next = at;
    bool matched = false;
    if (at < pattern.size()) {
      if (pattern[at] == '[') {
        matched = match_bracket(pattern, next, name[in_name]);
      } else {
        matched = pattern[at] == '?' || pattern[at] == name[in_name];
        ++next;
      }
    }
    if (matched) {
      at = next;
      ++in_name;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in_name = ++star_name;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

/// Where the components of a glob start: "/", "" for the current folder, or all folders of a store that are named
/// outright, as each look at one is a request.
std::string root_of(const std::string& pattern) {
  if (scheme_of(pattern).empty()) return pattern.starts_with('/') ? "/" : "";
  return pattern.substr(0, pattern.rfind('/', pattern.find_first_of("*?[")));
}

class FileFinder {
 public:
  explicit FileFinder(FileSystem& fs) : fs_(fs) {}

  void find(const std::string& path) {
    std::string pattern = known_path(path);
    std::size_t before = files_.size();
    FileInfo named = fs_.info(pattern);
    if (named.kind != FileInfo::Kind::kMissing) {
      add(named, 0);
      if (files_.size() == before) {
        throw Error(ErrorCode::kNotFound, fmt::format("the folder '{}' has no files", pattern),
                    "files whose names begin with '.' or '_' are left out");
      }
    } else if (has_magic(pattern)) {
      std::string root = root_of(pattern);
      match(root, std::string_view(pattern).substr(root.size()), 0);
      if (files_.size() == before) {
        throw Error(ErrorCode::kNotFound, fmt::format("no file matches '{}'", pattern),
                    fmt::format("{}: * and ? match within a name, ** stands for folders", kCheckPath));
      }
    } else {
      fs_.open(pattern);  // Says why it cannot be read, with the nearest name.
      throw Error(ErrorCode::kNotFound, fmt::format("cannot open '{}': it appeared only now", pattern), "run again");
    }
  }

  std::vector<FileInfo> take() {
    auto by_path = [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; };
    auto same_path = [](const FileInfo& a, const FileInfo& b) { return a.path == b.path; };
    std::sort(files_.begin(), files_.end(), by_path);
    files_.erase(std::unique(files_.begin(), files_.end(), same_path), files_.end());
    return std::move(files_);
  }

 private:
  void check_depth(const std::string& path, int depth) const {
    if (depth <= kDepthMax) return;
    throw Error(ErrorCode::kIo, fmt::format("folders nest deeper than {} levels at '{}'", kDepthMax, path),
                "symbolic links probably lead in a circle: name the folders with the data");
  }

  /// Takes a file, or all files below a folder.
  void add(const FileInfo& found, int depth) {
    switch (found.kind) {
      case FileInfo::Kind::kMissing: return;
      case FileInfo::Kind::kFile: files_.push_back(found); return;
      case FileInfo::Kind::kOther:
        throw Error(ErrorCode::kIo, fmt::format("'{}' is a device, pipe or socket, not a file", found.path),
                    "write the data to a file first: it is read in parts, by several threads");
      case FileInfo::Kind::kFolder: break;
    }
    check_depth(found.path, depth);
    for (const FileInfo& child : fs_.list(found.path)) {
      if (!is_hidden(name_of(child.path))) add(child, depth + 1);
    }
  }

  /// Matches `pattern`, relative to `folder` ("" is the current one).
  void match(const std::string& folder, std::string_view pattern, int depth) {
    check_depth(folder, depth);
    while (pattern.starts_with('/')) pattern.remove_prefix(1);
    std::size_t slash = pattern.find('/');
    std::string_view component = pattern.substr(0, slash);
    bool is_last = slash == std::string_view::npos;
    std::string_view rest = is_last ? std::string_view() : pattern.substr(slash + 1);
    if (!has_magic(component)) {
      FileInfo child = fs_.info(join(folder, component));
      if (is_last || rest.empty()) return add(child, depth + 1);
      if (child.kind == FileInfo::Kind::kFolder) match(child.path, rest, depth + 1);
      return;
    }
    if (component == "**" && !is_last) match(folder, rest, depth + 1);
    for (const FileInfo& child : fs_.list(folder.empty() ? "." : folder)) {
      std::string_view name = name_of(child.path);
      if (is_hidden(name) && name.front() != component.front()) continue;
      bool is_folder = child.kind == FileInfo::Kind::kFolder;
      if (component == "**") {
        if (is_last) add(child, depth + 1);
        if (!is_last && is_folder) match(child.path, pattern, depth + 1);
      } else if (match_component(component, name)) {
        if (is_last || rest.empty()) {
          add(child, depth + 1);
        } else if (is_folder) {
          match(child.path, rest, depth + 1);
        }
      }
    }
  }

  FileSystem& fs_;
  std::vector<FileInfo> files_;
};

}  // namespace

std::vector<FileInfo> find_files(FileSystem& fs, const std::vector<std::string>& patterns) {
  FileFinder finder(fs);
  for (const std::string& pattern : patterns) finder.find(pattern);
  return finder.take();
}

}  // namespace headrace
