// Runs golden cases (tests/cases/**/*.case) on the native engine, each with 1 and 2 threads and batches of 1, 7 and
// 16384 rows. Tables of a case are written as Parquet files into a folder of their own; results are compared as text,
// cell by cell. With HEADRACE_UPDATE=1 expected rows, plans and expression results are replaced by what came out.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include <fmt/format.h>

#include "case_runner_file.h"
#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/expr/evaluate.h"
#include "headrace/expr/parse.h"
#include "headrace/frame/headrace.h"
#include "headrace/frame/prepare.h"
#include "headrace/io/format.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

namespace fs = std::filesystem;

struct Setting {
  std::size_t threads;
  std::int64_t batch_rows;
};
constexpr Setting kSettings[] = {{1, 1}, {1, 7}, {1, 16384}, {2, 1}, {2, 7}, {2, 16384}};

std::vector<Field> parse_header(const CaseSection& section) {
  std::vector<Field> fields;
  for (const std::string& cell : split_cells(section.lines.at(0))) {
    std::size_t colon = cell.find(':');
    std::optional<Type> type = colon == std::string::npos ? std::nullopt : Type::parse(cell.substr(colon + 1));
    if (!type) throw std::runtime_error(fmt::format("line {}: '{}' is no 'name: type'", section.line + 1, cell));
    fields.push_back({cell.substr(0, cell.find_last_not_of(' ', colon - 1) + 1), *type});
  }
  return fields;
}

/// A cell of an input table: null, text for strings ('' is the empty one), else anything that casts to the type.
void append_cell(ColumnBuilder& builder, const std::string& cell, MemoryBudget& memory) {
  if (cell == "null") return builder.append_null();
  std::string text =
      cell.size() >= 2 && cell.front() == '\'' && cell.back() == '\'' ? cell.substr(1, cell.size() - 2) : cell;
  if (builder.type().is_binary_like()) return builder.append_string(text);
  Expr value = builder.type().is_nested() ? parse_expr(cell) : literal(Value::string(text));
  auto schema = std::make_shared<const Schema>();
  EvalContext context{memory};
  BoundExprPtr bound = headrace::bind(cast(value, builder.type()), *schema);
  builder.append_from(evaluate(*bound, Batch{schema, {}, 1}, context), 0);
}

/// Writes a table section as Parquet; returns its path.
std::string write_table(const CaseSection& section, const fs::path& folder) {
  auto memory = MemoryBudget::create();
  auto schema = std::make_shared<const Schema>(parse_header(section));
  std::vector<ColumnBuilder> builders;
  for (const Field& field : *schema) builders.emplace_back(*memory, field.type);
  for (std::size_t row = 1; row < section.lines.size(); ++row) {
    std::vector<std::string> cells = split_cells(section.lines[row]);
    if (cells.size() != schema->size()) {
      throw std::runtime_error(
          fmt::format("row {} of table {} has {} cells, not {}", row, section.argument, cells.size(), schema->size()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) append_cell(builders[i], cells[i], *memory);
  }
  Batch batch{schema, {}, builders[0].length()};
  for (ColumnBuilder& builder : builders) batch.columns.push_back(builder.finish());
  std::string path = (folder / (section.argument + ".parquet")).string();
  // Row groups of two rows, so that several threads have something to do.
  std::unique_ptr<FileWriter> file =
      format_named("parquet").create(*schema, local_file_system()->create(path), WriterOptions{"", 2}, *memory);
  if (batch.row_count > 0) file->write(batch);
  file->finish();
  return path;
}

/// A result as text. Strings that would not read back as themselves stand in quotes, as in the tables of cases.
std::string cell_text(const Column& column, std::int64_t row) {
  std::string text = format_cell(column, row);
  if (column.type().kind() != TypeKind::kString || column.is_null(row)) return text;
  bool unclear = text.empty() || text == "null" || text.front() == ' ' || text.back() == ' ' || text.front() == '\'';
  return unclear ? "'" + text + "'" : text;
}

std::vector<std::string> table_lines(const Table& table) {
  std::vector<std::string> lines(1);
  for (const Field& field : *table.schema) {
    lines[0] += fmt::format("{}{}: {}", lines[0].empty() ? "" : " | ", field.name, field.type.to_string());
  }
  for (const Batch& batch : table.batches) {
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      std::string line;
      for (std::size_t i = 0; i < batch.columns.size(); ++i) {
        line += (i == 0 ? "" : " | ") + cell_text(batch.columns[i], row);
      }
      lines.push_back(line);
    }
  }
  return lines;
}

/// Lines with their cells set apart the same way, so that alignment does not matter.
std::vector<std::string> normal_lines(const std::vector<std::string>& lines) {
  std::vector<std::string> normal;
  for (const std::string& line : lines) {
    std::string joined;
    for (const std::string& cell : split_cells(line)) joined += (joined.empty() ? "" : " | ") + cell;
    normal.push_back(joined);
  }
  return normal;
}

class CaseRun {
 public:
  CaseRun(CaseFile& file, const fs::path& folder) : file_(file), folder_(folder) {}

  /// Runs all sections; throws std::runtime_error describing the first difference. With `update`, takes results over.
  void run(bool update) {
    std::string sources;
    for (const CaseSection& section : file_.sections) {
      if (section.kind == "table") {
        sources += fmt::format("  {}: {{path: '{}'}}\n", section.argument, write_table(section, folder_));
      }
    }
    for (const CaseSection& section : file_.sections) {
      if (section.kind == "pipeline") yaml_ = "version: 1\nname: case\n" + with_sources(section.text(), sources);
    }
    for (CaseSection& section : file_.sections) run_section(section, update);
  }

 private:
  static std::string with_sources(const std::string& text, const std::string& sources) {
    if (sources.empty()) return text;
    std::size_t at = text.starts_with("sources:\n") ? 0 : text.find("\nsources:\n");
    if (at == std::string::npos) return "sources:\n" + sources + text;
    at = text.find("sources:\n", at) + std::string("sources:\n").size();
    return text.substr(0, at) + sources + text.substr(at);
  }

  RunOptions options(const Setting& setting) const {
    RunOptions options;
    options.context.thread_count = setting.threads;
    options.context.batch_rows = setting.batch_rows;
    return options;
  }

  Pipeline pipeline() const { return parse_pipeline(yaml_, (folder_ / "case.yaml").string()); }

  void run_section(CaseSection& section, bool update) {
    if (section.kind == "expect") {
      compare_all(section, update,
                  [&](const RunOptions& run) { return collect_table(pipeline(), section.argument, run); });
    } else if (section.kind == "output") {
      compare_all(section, update, [&](const RunOptions& run) { return run_output(section.argument, run); });
    } else if (section.kind == "plan") {
      Pipeline parsed = pipeline();
      RunContext context;
      PreparedPipeline now(parsed, local_file_system(), context);
      std::string text = explain_tree(optimize({now.table(section.argument)})[0]);
      std::vector<std::string> lines;
      for (std::size_t start = 0; start < text.size(); start = text.find('\n', start) + 1) {
        lines.push_back(text.substr(start, text.find('\n', start) - start));
      }
      compare(section, lines, update, "plan");
    } else if (section.kind == "expressions") {
      for (std::string& line : section.lines) run_expression(line, update);
    } else if (section.kind == "error") {
      run_error(section);
    }
  }

  Table run_output(const std::string& part, const RunOptions& run) {
    Pipeline now = pipeline();
    run_pipeline(now, run);
    Inspection inspection = inspect_path(now.outputs.at(0).path, part, 1000000, local_file_system());
    return inspection.first_rows;
  }

  template <typename Produce>
  void compare_all(CaseSection& section, bool update, const Produce& produce) {
    for (const Setting& setting : kSettings) {
      std::vector<std::string> lines = table_lines(produce(options(setting)));
      compare(section, lines, update, fmt::format("{} threads, batches of {}", setting.threads, setting.batch_rows));
    }
  }

  void compare(CaseSection& section, const std::vector<std::string>& lines, bool update, const std::string& how) const {
    if (update) section.lines = lines;
    bool is_table = section.kind != "plan";
    std::vector<std::string> expected = is_table ? normal_lines(section.lines) : section.lines;
    std::vector<std::string> found = is_table ? normal_lines(lines) : lines;
    if (expected == found) return;
    std::string text =
        fmt::format("{}:{}: {} {} differs ({})\n", file_.path, section.line, section.kind, section.argument, how);
    for (const std::string& line : expected) text += "  expected  " + line + "\n";
    for (const std::string& line : found) text += "  found     " + line + "\n";
    throw std::runtime_error(text);
  }

  /// "expression => result", or "expression => error: part of the message".
  void run_expression(std::string& line, bool update) const {
    std::size_t arrow = line.rfind(" => ");
    if (arrow == std::string::npos) throw std::runtime_error(file_.path + ": no ' => ' in: " + line);
    std::string expected = split_cells(line.substr(arrow + 4)).at(0);
    std::string found;
    try {
      auto memory = MemoryBudget::create();
      auto schema = std::make_shared<const Schema>();
      EvalContext context{*memory};
      BoundExprPtr bound = headrace::bind(parse_expr(line.substr(0, arrow)), *schema);
      Column column = evaluate(*bound, Batch{schema, {}, 1}, context);
      found = fmt::format("{}: {}", column.type().to_string(), cell_text(column, 0));
    } catch (const Error& error) {
      found = "error: " + error.message().substr(0, error.message().find('\n'));
    }
    if (update) line = line.substr(0, arrow) + " => " + found;
    bool same = found == expected || (expected.starts_with("error: ") && found.starts_with(expected));
    if (!update && !same) throw std::runtime_error(fmt::format("{}: {}\n  found {}", file_.path, line, found));
  }

  /// "-- error code", then lines that the message must contain. Runs the pipeline's outputs, or collects its last
  /// table.
  void run_error(const CaseSection& section) const {
    for (const Setting& setting : kSettings) {
      std::string text;
      std::string code = "none";
      try {
        Pipeline now = pipeline();
        if (now.outputs.empty()) {
          collect_table(now, now.tables.empty() ? now.sources.at(0).name : now.tables.back().name, options(setting));
        } else {
          run_pipeline(now, options(setting));
        }
      } catch (const Error& error) {
        text = error.what();
        code = code_name(error.code());
      }
      bool matches = code == section.argument;
      for (const std::string& line : section.lines) matches = matches && text.find(line) != std::string::npos;
      if (matches) continue;
      throw std::runtime_error(fmt::format("{}:{}: expected error {} with\n{}found {}:\n{}\n", file_.path, section.line,
                                           section.argument, section.text(), code, text));
    }
  }

  CaseFile& file_;
  fs::path folder_;
  std::string yaml_;
};

void write_case(const CaseFile& file) {
  std::ifstream in(file.path);
  std::string head;
  for (std::string line; std::getline(in, line) && !line.starts_with("-- ");) head += line + "\n";
  in.close();
  std::ofstream out(file.path);
  out << head;
  for (std::size_t i = 0; i < file.sections.size(); ++i) {
    const CaseSection& section = file.sections[i];
    out << (i == 0 ? "" : "\n") << "-- " << section.kind << (section.argument.empty() ? "" : " ") << section.argument
        << "\n"
        << section.text();
  }
}

std::vector<std::string> find_cases(int argc, char** argv) {
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    if (fs::is_regular_file(argv[i])) paths.push_back(argv[i]);
    if (!fs::is_directory(argv[i])) continue;
    for (const auto& entry : fs::recursive_directory_iterator(argv[i])) {
      if (entry.path().extension() == ".case") paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

int run_cases(int argc, char** argv) {
  bool update = std::getenv("HEADRACE_UPDATE") != nullptr;
  std::string pattern = (fs::temp_directory_path() / "headrace-case-XXXXXX").string();
  fs::path root = mkdtemp(pattern.data());
  int passed = 0;
  int failed = 0;
  for (const std::string& path : find_cases(argc, argv)) {
    fs::path folder = root / std::to_string(passed + failed);
    fs::create_directories(folder);
    try {
      CaseFile file = read_case(path);
      CaseRun(file, folder).run(update);
      if (update) write_case(file);
      ++passed;
    } catch (const std::exception& error) {
      std::cerr << "FAILED " << path << "\n" << error.what() << "\n";
      ++failed;
    }
  }
  fs::remove_all(root);
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) { return headrace::run_cases(argc, argv); }
