// See sections.h.
#include "headrace/frame/html/sections.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "headrace/base/units.h"
#include "headrace/frame/html/json_fields.h"
#include "headrace/frame/html/markup.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

std::string count_html(const Json& json, const char* key) { return format_count(count_of(json, key)); }
std::string bytes_html(std::int64_t bytes) { return bytes > 0 ? format_bytes(static_cast<std::size_t>(bytes)) : "–"; }
std::string code_html(const std::string& text) { return element("code", "", escape_html(text)); }

/// The limit of the memory budget; 0: none.
std::uint64_t memory_limit(const Json& run) {
  const Json& memory = list_of(run, "memory");
  std::uint64_t limit = memory.contains("limit_bytes") ? memory.at("limit_bytes").get<std::uint64_t>() : 0;
  return limit == UINT64_MAX ? 0 : limit;
}

std::string meter(double part, double whole) {
  int width = whole > 0 ? static_cast<int>(std::lround(part / whole * 80)) : 0;
  return width > 0 ? fmt::format("<span class=\"meter\" style=\"width:{}px\"></span>", width) : "";
}

std::string samples_html(const Json& samples) {
  std::string text;
  for (const Json& sample : samples) text += escape_html(sample.get<std::string>()) + "\n";
  return element("pre", "", text);
}

/// A word that a POSIX shell reads as it is.
std::string shell_word(const std::string& word) {
  bool is_plain = !word.empty() && std::ranges::all_of(word, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-=:,+@%").find(c) != std::string_view::npos;
  });
  if (is_plain) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string head_html(const Json& run) {
  const Json& memory = list_of(run, "memory");
  std::string status = text_of(run, "status");
  std::string html = element("h1", "", escape_html(text_of(list_of(run, "pipeline"), "name")));
  html += element("p", status == "ok" ? "good" : "bad", escape_html(status == "ok" ? "published" : status));
  if (run.contains("error")) html += element("pre", "", escape_html(text_of(run.at("error"), "message")));
  HtmlTable table{{}, {}, {}};
  auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({name, value});
  };
  add("run", code_html(text_of(run, "run_id")));
  add("pipeline file", code_html(text_of(list_of(run, "pipeline"), "file")));
  add("started", escape_html(text_of(run, "started_at")));
  std::string stages;
  for (const auto& [stage, seconds] : list_of(run, "stage_seconds").items()) {
    stages += fmt::format("{}{} {}", stages.empty() ? " (" : ", ", stage, display_seconds(seconds.get<double>()));
  }
  add("time", escape_html(display_seconds(number_of(run, "seconds")) + (stages.empty() ? "" : stages + ")")));
  add("threads", count_html(run, "threads"));
  std::uint64_t limit = memory_limit(run);
  add("memory", escape_html(fmt::format("peak {} of the process, {} counted{}{}",
                                        bytes_html(count_of(memory, "process_peak_bytes")),
                                        bytes_html(count_of(memory, "budget_peak_bytes")),
                                        limit == 0 ? ", no limit" : ", limit " + format_bytes(limit),
                                        count_of(memory, "spilled_bytes") > 0
                                            ? ", " + bytes_html(count_of(memory, "spilled_bytes")) + " spilled to disk"
                                            : "")));
  std::string versions = "headrace " + text_of(run, "headrace_version");
  for (const auto& [name, version] : list_of(run, "library_versions").items()) {
    versions += ", " + name + " " + version.get<std::string>();
  }
  add("versions", escape_html(versions));
  add("row digest", run.contains("row_digest") ? code_html(text_of(run, "row_digest")) : "");
  return html + table.to_html();
}

std::string plan_html(const Json& run) {
  const Json& operators = list_of(run, "operators");
  if (operators.empty()) return "";
  double most = 0;
  for (const Json& op : operators) most = std::max(most, number_of(op, "seconds"));
  HtmlTable table{{"", "operator", "rows in", "rows out", "removed", "added", "time", "", "output", "held"},
                  {0, 2, 3, 4, 5, 6, 8, 9},
                  {}};
  for (const Json& op : operators) {
    std::string inputs;
    for (const Json& input : list_of(op, "inputs")) inputs += (inputs.empty() ? " ← " : ", ") + input.dump();
    double seconds = number_of(op, "seconds");
    table.rows.push_back(
        {count_html(op, "id"), escape_html(text_of(op, "label")) + element("span", "quiet", escape_html(inputs)),
         text_of(op, "kind") == "scan" ? "–" : count_html(op, "rows_in"), count_html(op, "rows_out"),
         count_html(op, "rows_removed"), count_html(op, "rows_added"), display_seconds(seconds), meter(seconds, most),
         bytes_html(count_of(op, "bytes_out")), bytes_html(count_of(op, "memory_bytes"))});
  }
  std::string plan =
      element("details", "",
              element("summary", "", "The plan as text") + element("pre", "", escape_html(text_of(run, "plan"))));
  return "<div id=\"operators\" class=\"chart-of-all\"></div>\n" + table.to_html() +
         element("p", "quiet", "Time is processor time, summed over threads.") + plan;
}

std::string contract_html(const Json& run) {
  if (!run.contains("contract")) return "";
  const Json& contract = run.at("contract");
  bool is_kept = flag_of(contract, "kept");
  std::string html =
      element("p", "",
              element("span", is_kept ? "good" : "bad", is_kept ? "kept" : "broken") +
                  escape_html(fmt::format(" by {} rows of {}", format_count(count_of(contract, "rows_checked")),
                                          text_of(contract, "table"))));
  HtmlTable table{{"promise", "kind", "rows that break it"}, {2}, {}};
  std::string samples;
  for (const Json& promise : list_of(contract, "promises")) {
    std::int64_t violations = count_of(promise, "violations");
    table.rows.push_back({escape_html(text_of(promise, "promise")), escape_html(text_of(promise, "kind")),
                          element("span", violations > 0 ? "bad" : "", format_count(violations))});
    if (violations == 0) continue;
    samples += element("h3", "", escape_html(text_of(promise, "promise") + ": the first rows that break it")) +
               samples_html(list_of(promise, "samples"));
  }
  return html + table.to_html() + samples;
}

std::string sources_html(const Json& run) {
  const Json& sources = list_of(run, "sources");
  if (sources.empty()) return "";
  HtmlTable table{
      {"source", "files", "bytes read", "rows read", "delivered", "quarantined", "dropped", "skipped", "made null"},
      {1, 2, 3, 4, 5, 6, 7, 8},
      {}};
  HtmlTable kinds{{"source", "kind", "rows in quarantine"}, {2}, {}};
  HtmlTable samples{{"where", "column", "why", "text"}, {}, {}};
  for (const Json& source : sources) {
    std::string name = escape_html(text_of(source, "name"));
    table.rows.push_back(
        {name, format_count(std::ssize(list_of(source, "files"))), bytes_html(count_of(source, "bytes_read")),
         count_html(source, "rows_read"), count_html(source, "rows_delivered"), count_html(source, "rows_quarantined"),
         count_html(source, "rows_dropped"), count_html(source, "rows_skipped"), count_html(source, "values_nulled")});
    for (const auto& [kind, count] : list_of(source, "quarantined_by_kind").items()) {
      kinds.rows.push_back({name, escape_html(kind), format_count(count.get<std::int64_t>())});
    }
    for (const Json& row : list_of(source, "quarantine_samples")) {
      samples.rows.push_back({escape_html(fmt::format("{}:{}", text_of(row, "file"), count_of(row, "line"))),
                              escape_html(text_of(row, "column")),
                              escape_html(text_of(row, "kind") + ": " + text_of(row, "message")),
                              code_html(text_of(row, "text"))});
    }
  }
  std::string html = table.to_html();
  if (!kinds.rows.empty()) html += element("h3", "", "Quarantine") + kinds.to_html();
  if (!samples.rows.empty()) html += samples.to_html();
  std::string path = text_of(run, "quarantine_path");
  if (!path.empty()) html += element("p", "", "All of them: " + code_html(path));
  return html;
}

std::string features_html(const Json& run) {
  const Json& features = list_of(run, "features");
  if (features.empty()) return "";
  HtmlTable table{{"feature", "fitted"}, {}, {}};
  for (const Json& feature : features) {
    table.rows.push_back({escape_html(text_of(feature, "name")), escape_html(text_of(feature, "fitted"))});
  }
  bool fitted = flag_of(run, "fitted");
  return element(
             "p", "",
             (fitted ? "Fitted in this run" : "Taken from a saved state") +
                 std::string(text_of(run, "state_path").empty() ? "" : ", " + code_html(text_of(run, "state_path"))) +
                 ", digest " + code_html(text_of(run, "fitted_state_digest"))) +
         table.to_html();
}

std::string outputs_html(const Json& run) {
  const Json& outputs = list_of(run, "outputs");
  if (outputs.empty()) return "";
  HtmlTable table{{"data set", "format", "part", "rows", "shards", "bytes"}, {3, 4, 5}, {}};
  for (const Json& output : outputs) {
    for (const Json& part : list_of(output, "parts")) {
      std::int64_t bytes = 0;
      for (const Json& shard : list_of(part, "shards")) bytes += count_of(shard, "bytes");
      table.rows.push_back({code_html(text_of(output, "path")), escape_html(text_of(output, "format")),
                            escape_html(text_of(part, "name")), count_html(part, "rows"),
                            format_count(std::ssize(list_of(part, "shards"))), bytes_html(bytes)});
    }
  }
  return table.to_html();
}

std::string command_html(const Json& run) {
  const Json& pipeline = list_of(run, "pipeline");
  std::string file = text_of(pipeline, "file");
  if (file.empty()) {
    return element("p", "", "The pipeline was made in Python; <code>Pipeline.to_yaml()</code> writes its file.");
  }
  std::string command = "headrace run " + shell_word(file);
  for (const auto& [name, value] : list_of(pipeline, "parameters").items()) {
    command += " --set " + shell_word(name + "=" + value.get<std::string>());
  }
  command += fmt::format(" --threads {}", count_of(run, "threads"));
  std::uint64_t limit = memory_limit(run);
  if (limit != 0) command += fmt::format(" --memory {}", limit);
  bool fitted = flag_of(run, "fitted");
  if (!fitted && !text_of(run, "state_path").empty()) command += " --state " + shell_word(text_of(run, "state_path"));
  return element("pre", "", escape_html(command));
}

}  // namespace headrace
