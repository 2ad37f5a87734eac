// The golden-case format: tests as text that runs on every engine. docs: tests/cases/README.md.
#pragma once

#include <string>
#include <vector>

namespace headrace {

/// A section of a case: "-- kind argument", then its lines.
struct CaseSection {
  std::string kind;      // table, pipeline, expect, output, plan, expressions, error
  std::string argument;  // what follows the kind on its line
  std::vector<std::string> lines;
  int line = 0;  // of the "--" line, 1-based

  std::string text() const;
};

struct CaseFile {
  std::string path;
  std::string description;
  std::vector<CaseSection> sections;
};

/// Throws std::runtime_error naming file and line on anything that is no case.
CaseFile read_case(const std::string& path);

/// A row of a text table: cells between '|', blanks around them dropped.
std::vector<std::string> split_cells(const std::string& line);

}  // namespace headrace
