// See read.h: what the readers of all sections share.
#include "headrace/plan/file/read.h"

#include <filesystem>

#include <fmt/format.h>

#include "headrace/base/path_scheme.h"
#include "headrace/base/portable_name.h"
#include "headrace/expr/parse.h"

namespace headrace {

void ReadFile::fail(FilePlace place, std::string_view message, std::string hint) const {
  throw place_error(name, place, message, std::move(hint));
}

std::string ReadFile::join_path(const std::string& path, FilePlace place) const {
  try {
    std::string known = known_path(path);
    if (known.empty() || !scheme_of(known).empty()) return known;
    std::filesystem::path folder = std::filesystem::path(name).parent_path();
    return (folder / known).lexically_normal().generic_string();
  } catch (const Error& error) {
    fail(place, error.message(), error.hint());
  }
}

std::string sibling_path(const std::string& output_path, std::string_view name) {
  if (!scheme_of(output_path).empty()) {
    std::string_view folder = output_path;  // its "//" is none that a path may lose
    while (folder.ends_with('/')) folder.remove_suffix(1);
    return fmt::format("{}{}", folder.substr(0, folder.rfind('/') + 1), name);
  }
  std::filesystem::path folder(output_path);
  if (!folder.has_filename()) folder = folder.parent_path();  // "out/rows/" is the folder out/rows
  return (folder.parent_path() / name).generic_string();
}

Expr read_expr(const ReadFile& file, const ConfigNode& node, const std::string& what) {
  try {
    return parse_expr(node.text);
  } catch (const Error& error) {
    throw at_place(error, file.name, node.place, what);
  }
}

std::string read_string(const ConfigNode& map, std::string_view key, std::string_view fallback) {
  const ConfigNode* node = map.find(key);
  return node == nullptr ? std::string(fallback) : node->text;
}

bool read_bool(const ConfigNode& map, std::string_view key, bool fallback) {
  const ConfigNode* node = map.find(key);
  return node == nullptr ? fallback : node->scalar.as_bool();
}

std::vector<std::string> read_strings(const ConfigNode& map, std::string_view key) {
  const ConfigNode* node = map.find(key);
  if (node == nullptr) return {};
  if (!node->is_list()) return {node->text};
  std::vector<std::string> strings;
  for (const ConfigNode& item : node->items) strings.push_back(item.text);
  return strings;
}

std::vector<NamedExpr> read_named_exprs(const ReadFile& file, const ConfigNode& map) {
  std::vector<NamedExpr> exprs;
  for (const ConfigEntry& entry : map.entries) {
    exprs.push_back({entry.key, read_expr(file, entry.value, fmt::format("column '{}'", entry.key))});
  }
  return exprs;
}

void check_name(const ReadFile& file, const std::string& name, FilePlace place, std::string_view what) {
  constexpr std::size_t kNameBytesMax = 200;
  if (!is_portable_name(name) || name.size() > kNameBytesMax) {
    file.fail(place, fmt::format("'{}' is no name for {}", name, what),
              "names take letters, digits, '_', '-' and '.', a '.' not first; they become parts of paths");
  }
}

}  // namespace headrace
