// See html_report.h.
#include "headrace/frame/html/html_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/error.h"
#include "headrace/frame/html/charts.h"
#include "headrace/frame/html/column_sections.h"
#include "headrace/frame/html/embedded.h"
#include "headrace/frame/html/markup.h"
#include "headrace/frame/html/sections.h"
#include "headrace/frame/run_report.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

struct Section {
  const char* id;
  const char* title;
  std::string html;
};

Error no_report(const std::string& path, const std::string& why) {
  return {ErrorCode::kBadData, fmt::format("'{}' is no report of a run: {}", path, why),
          "give the run.json that `headrace run` wrote, or its folder"};
}

Json parse_run(std::string_view run_json, const std::string& path) {
  Json run = Json::parse(run_json, nullptr, false);
  if (!run.is_object()) throw no_report(path, "it is no JSON object");
  if (!run.contains("version") || !run.contains("run_id") || !run.contains("status"))
    throw no_report(path, "keys are missing");
  if (run.at("version") != RunReport::kVersion) {
    throw no_report(
        path, fmt::format("it has version {}, this program reads {}", run.at("version").dump(), RunReport::kVersion));
  }
  return run;
}

/// What a section makes of JSON that has other types than a report has ends as one error.
template <typename Make>
std::string made_of(const std::string& path, const Make& make) {
  try {
    return make();
  } catch (const nlohmann::json::exception& error) {
    throw no_report(path, error.what());
  }
}

/// A notebook's cell: it has no style of ours but this.
std::string cell(const std::string& html) {
  return html.empty()
             ? html
             : "<div class=\"headrace\"><style>.headrace svg.bars path{fill:#3b78b8}.headrace .bad{color:#b3261e}"
               "</style>" +
                   html + "</div>";
}

std::string statistics_of(const Json& run, std::string (*table_html)(const Json& table, std::string_view side)) {
  std::string html;
  if (!run.contains("statistics")) return html;
  for (auto [side, title] :
       {std::pair{"before", "Before: what features are made from"}, std::pair{"after", "After: what is written"}}) {
    if (!run.at("statistics").contains(side)) continue;
    html += element("h3", "", title) + table_html(run.at("statistics").at(side), side);
  }
  return html;
}

std::string page(const Json& run) {
  std::vector<Section> sections = {
      {"plan", "Plan", plan_html(run)},
      {"contract", "Contract", contract_html(run)},
      {"sources", "Sources", sources_html(run)},
      {"features", "Features", features_html(run)},
      {"columns", "Columns", statistics_of(run, columns_html)},
      {"outputs", "Written", outputs_html(run)},
      {"again", "The same again", command_html(run)},
  };
  std::string links;
  std::string body;
  for (const Section& section : sections) {
    if (section.html.empty()) continue;
    links += fmt::format("<a href=\"#{}\">{}</a> ", section.id, section.title);
    body += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", section.id, section.title, section.html);
  }
  std::string name = run.contains("pipeline") ? run.at("pipeline").value("name", "") : "";
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n";
  html += "<title>" + escape_html(name) + " – run report</title>\n";
  html += "<style>\n" + std::string(report_css()) + "</style>\n</head>\n<body>\n";
  html += "<header>\n" + head_html(run) + "</header>\n" + element("nav", "", links) + "\n" + body;
  html += json_island("charts", report_charts(run));
  html += "<script>\n" + std::string(vega_js()) + "</script>\n";
  html += "<script>\n" + std::string(report_js()) + "</script>\n</body>\n</html>\n";
  return html;
}

}  // namespace

std::string html_report(std::string_view run_json, const std::string& path) {
  Json run = parse_run(run_json, path);
  return made_of(path, [&] { return page(run); });
}

std::string write_html_report(const std::string& run, const std::string& out, FileSystem& fs) {
  std::string file = run.ends_with(".json") ? run : run + "/run.json";
  std::string page = out.empty() ? file.substr(0, file.size() - 5) + ".html" : out;
  fs.put(page, html_report(read_text(fs, file), file));
  return page;
}

std::string html_summary(std::string_view run_json) {
  Json run = parse_run(run_json, "run.json");
  return made_of("run.json", [&] {
    std::string columns =
        statistics_of(run, [](const Json& table, std::string_view) { return columns_table_html(table); });
    std::string html = head_html(run) + contract_html(run) + features_html(run) + outputs_html(run);
    if (!columns.empty()) html += element("details", "", element("summary", "", "Columns") + columns);
    return cell(html);
  });
}

std::string html_statistics(std::string_view run_json) {
  Json run = parse_run(run_json, "run.json");
  return made_of("run.json", [&] {
    return cell(statistics_of(run, [](const Json& table, std::string_view) { return columns_table_html(table); }));
  });
}

std::string html_contract(std::string_view run_json) {
  Json run = parse_run(run_json, "run.json");
  return made_of("run.json", [&] { return cell(contract_html(run)); });
}

}  // namespace headrace
