// See case_runner_file.h.
#include "case_runner_file.h"

#include <fstream>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

namespace headrace {
namespace {

std::string trimmed(const std::string& text) {
  std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::string CaseSection::text() const {
  std::string text;
  for (const std::string& line_text : lines) text += line_text + "\n";
  return text;
}

CaseFile read_case(const std::string& path) {
  static const std::set<std::string> kKinds = {"table", "pipeline", "expect", "output", "plan", "expressions", "error"};
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  CaseFile result;
  result.path = path;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.starts_with("-- ")) {
      std::string head = trimmed(line.substr(3));
      std::size_t blank = head.find(' ');
      CaseSection section{
          head.substr(0, blank), blank == std::string::npos ? "" : trimmed(head.substr(blank)), {}, number};
      if (!kKinds.contains(section.kind)) {
        throw std::runtime_error(fmt::format("{}:{}: unknown section '{}'", path, number, section.kind));
      }
      result.sections.push_back(std::move(section));
    } else if (result.sections.empty()) {
      if (line.starts_with('#')) result.description += trimmed(line.substr(1)) + " ";
    } else if (!trimmed(line).empty()) {
      result.sections.back().lines.push_back(line);
    }
  }
  if (result.description.empty()) throw std::runtime_error(path + ": a case starts with '# what it shows'");
  if (result.sections.empty()) throw std::runtime_error(path + ": a case needs at least one section");
  return result;
}

std::vector<std::string> split_cells(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= line.size(); ++at) {
    if (at < line.size() && line[at] != '|') continue;
    cells.push_back(trimmed(line.substr(start, at - start)));
    start = at + 1;
  }
  return cells;
}

}  // namespace headrace
