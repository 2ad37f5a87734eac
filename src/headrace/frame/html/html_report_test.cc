// Pages of small reports whose names and values try to be markup.
#include "headrace/frame/html/html_report.h"

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/frame/html/column_sections.h"
#include "headrace/frame/html/markup.h"
#include "headrace/frame/run_report.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

RunReport small_report() {
  RunReport report;
  report.pipeline_name = "</script><script>alert(1)</script>";
  report.pipeline_file = "a folder/it's.yaml";
  report.status = "contract_violated";
  report.run_id = "r1";
  report.thread_count = 2;
  report.parameters = {{"date", "2026-01-01"}};
  TableFigures figures;
  figures.rows = 3;
  ColumnFigures column;
  column.name = "<b>";
  column.type = "string";
  column.rows = 3;
  column.distinct = {2, true};
  column.top = {{Value::string("</script>"), 2}, {Value::string(""), 1}};
  figures.columns.push_back(column);
  report.statistics_before = figures;
  report.statistics_after = TableFigures{0, {}, "no room", 0};
  return report;
}

TEST_CASE("escape_html leaves nothing that a browser reads as markup") {
  CHECK(escape_html("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  CHECK(escape_html("caf\xE9 \x01 \xC3\xA9") == "caf\uFFFD \uFFFD \u00E9");
}

TEST_CASE("json_island holds no sign that could end its element") {
  Json data = {{"a", "</script><!--"}};
  std::string html = json_island("x", data);
  CHECK(html.find("</script>") == html.size() - std::string_view("</script>\n").size());
  CHECK(html.find("<!--") == std::string::npos);
}

TEST_CASE("numbers are shown as people write them") {
  CHECK(display_number(1234567) == "1,234,567");
  CHECK(display_number(0.5) == "0.5");
  CHECK(display_number(2.0) == "2");
  CHECK(display_number(1.0 / 3) == "0.333333");
  CHECK(display_number("NaN") == "NaN");
  CHECK(display_number(nullptr) == "–");
  CHECK(display_share(1, 3) == "33.3 %");
  CHECK(display_share(1, 100000) == "< 0.1 %");
  CHECK(display_share(0, 0) == "–");
}

TEST_CASE("bars are as high as their counts, and there are none without counts") {
  CHECK(bars_svg(Json::array({0, 0})).empty());
  std::string svg = bars_svg(Json::array({1, 0, 24}));
  CHECK(svg.find("M0 24v-1h5v1z") != std::string::npos);
  CHECK(svg.find("M12 24v-24h5v24z") != std::string::npos);
}

TEST_CASE("a page shows names and values as text, and the command as a shell reads it") {
  std::string page = html_report(small_report().to_json(), "run.json");
  CHECK(page.find("<script>alert") == std::string::npos);
  CHECK(page.find("&lt;/script&gt;&lt;script&gt;alert(1)") != std::string::npos);
  CHECK(page.find("headrace run &#39;a folder/it&#39;\\&#39;&#39;s.yaml&#39; --set date=2026-01-01 --threads 2") !=
        std::string::npos);
  CHECK(page.find("Left out: no room.") != std::string::npos);
  CHECK(page.find("contract_violated") != std::string::npos);
  CHECK(page.find("vega") != std::string::npos);
  std::string summary = html_summary(small_report().to_json());
  CHECK(summary.find("<script") == std::string::npos);
  CHECK(summary.size() < 10000);
}

TEST_CASE("what stands where a report has numbers is text of a page, too") {
  std::string page = html_report(
      R"({"version": 1, "run_id": "r", "status": "ok", "operators": [{"id": 0, "kind": "scan", "label": "t",
          "seconds": 0.1, "rows_out": 1, "memory_bytes": 0, "inputs": ["<probe onclick=x>"]}]})",
      "some.json");
  CHECK(page.find("<probe") == std::string::npos);
  CHECK(page.find("&lt;probe onclick=x&gt;") != std::string::npos);
}

TEST_CASE("what is no report of a run is refused by name") {
  for (const char* text : {"", "{", "[]", "{}", R"({"version": 99, "run_id": "r", "status": "ok"})",
                           R"({"version": 1, "run_id": "r", "status": "ok", "operators": [{"inputs": "x"}]})",
                           R"({"version": 1, "run_id": "r", "status": "ok", "pipeline": {"name": 3}})"}) {
    CAPTURE(text);
    try {
      html_report(text, "some.json");
      CHECK(false);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kBadData);
      CHECK(error.message().find("'some.json' is no report of a run") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace headrace
