// See column_sections.h.
#include "headrace/frame/html/column_sections.h"

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/units.h"
#include "headrace/frame/html/json_fields.h"
#include "headrace/frame/html/markup.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

std::string number_html(const Json& value) { return escape_html(display_number(value)); }

/// The counts that the bars show: of the histogram, or of the most frequent values.
Json bar_counts(const Json& column) {
  const Json& values = values_of(column);
  if (values.contains("histogram")) return values.at("histogram").at("counts");
  Json counts = Json::array();
  for (const Json& top : list_of(values, "top")) counts.push_back(top.at("count"));
  return counts;
}

std::string distinct_text(const Json& column) {
  const Json& distinct = list_of(values_of(column), "distinct");
  if (distinct.empty()) return "–";
  return (distinct.at("exact").get<bool>() ? "" : "about ") + display_number(distinct.at("count"));
}

std::string middle_text(const Json& column) {
  const Json& values = values_of(column);
  if (values.contains("mean")) {
    std::string text = "mean " + display_number(values.at("mean"));
    return values.contains("stddev") ? text + " ± " + display_number(values.at("stddev")) : text;
  }
  if (!values.contains("lengths")) return "";
  return fmt::format("{} to {} {}", display_number(values.at("lengths").at("min")),
                     display_number(values.at("lengths").at("max")),
                     column.contains("elements") ? "elements" : "bytes");
}

std::string range_text(const Json& column) {
  const Json& values = values_of(column);
  if (!values.contains("min")) return "";
  return display_number(values.at("min")) + " … " + display_number(values.at("max"));
}

std::string quantiles_html(const Json& values) {
  const Json& quantiles = list_of(values, "quantiles");
  if (quantiles.empty()) return "";
  HtmlTable table{{quantiles.at("exact").get<bool>() ? "quantile" : "quantile, about", "value"}, {1}, {}};
  for (const Json& quantile : quantiles.at("values")) {
    table.rows.push_back({number_html(quantile.at("percent")) + " %", number_html(quantile.at("value"))});
  }
  return table.to_html();
}

std::string top_html(const Json& values, std::int64_t rows) {
  const Json& top = list_of(values, "top");
  if (top.empty()) {
    bool is_many = count_of(list_of(values, "distinct"), "count") > 0;
    return is_many ? element("p", "quiet", "More than 4,096 different values: none are counted one by one.") : "";
  }
  HtmlTable table{{"value", "rows", "share"}, {1, 2}, {}};
  for (const Json& entry : top) {
    std::string text =
        entry.at("value").is_string() ? entry.at("value").get<std::string>() : display_number(entry.at("value"));
    std::string shown = text.empty() ? "<i>empty</i>" : "<code>" + escape_html(text) + "</code>";
    table.rows.push_back({shown, number_html(entry.at("count")),
                          escape_html(display_share(entry.at("count").get<std::int64_t>(), rows))});
  }
  return table.to_html();
}

std::string facts_html(const Json& column) {
  const Json& values = values_of(column);
  HtmlTable table{{}, {1}, {}};
  auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) table.rows.push_back({name, escape_html(text)});
  };
  std::int64_t rows = count_of(column, "rows");
  std::int64_t nulls = count_of(column, "nulls");
  add("rows", format_count(rows));
  add("null", fmt::format("{} ({})", format_count(nulls), display_share(nulls, rows)));
  if (count_of(values, "nans") > 0) add("NaN", display_number(values.at("nans")));
  add("distinct", distinct_text(column));
  for (const char* name : {"min", "max", "mean", "stddev"}) {
    if (values.contains(name)) add(name, display_number(values[name]));
  }
  for (const Json* part : {&column, &values}) {
    if (!part->contains("lengths")) continue;
    const Json& lengths = (*part).at("lengths");
    add(part->contains("elements") ? "elements a row" : "bytes",
        fmt::format("{} to {}, mean {}", display_number(lengths.at("min")), display_number(lengths.at("max")),
                    display_number(lengths.at("mean"))));
    if (part == &values || &column == &values) break;
  }
  return table.to_html();
}

std::string name_html(const Json& column) {
  return element("b", "", escape_html(text_of(column, "name"))) + " " +
         element("span", "quiet", escape_html(text_of(column, "type")));
}

std::string column_html(const Json& column, std::string_view side, std::size_t index) {
  std::int64_t nulls = count_of(column, "nulls");
  std::string line =
      element("span", "name", name_html(column)) + element("span", "bars", bars_svg(bar_counts(column))) +
      element("span", "",
              escape_html(nulls > 0 ? display_share(nulls, count_of(column, "rows")) + " null" : "no nulls")) +
      element("span", "", escape_html(distinct_text(column)) + " distinct") +
      element("span", "", escape_html(middle_text(column))) + element("span", "", escape_html(range_text(column)));
  const Json& values = values_of(column);
  std::string chart = values.contains("histogram") || values.contains("top")
                          ? fmt::format("<div class=\"chart\" data-chart=\"{}\" data-column=\"{}\"></div>", side, index)
                          : "";
  std::string body =
      element("div", "facts", facts_html(column) + quantiles_html(values) + top_html(values, count_of(values, "rows")));
  return element("details", "column", element("summary", "", line) + chart + body) + "\n";
}

}  // namespace

std::string bars_svg(const Json& counts) {
  std::int64_t most = 0;
  for (const Json& count : counts) most = std::max(most, count.get<std::int64_t>());
  if (most == 0) return "";
  std::string path;
  int at = 0;
  for (const Json& count : counts) {
    auto height = static_cast<int>((count.get<std::int64_t>() * 24 + most - 1) / most);
    if (height > 0) path += fmt::format("M{} 24v-{}h5v{}z", at, height, height);
    at += 6;
  }
  return fmt::format(
      "<svg class=\"bars\" viewBox=\"0 0 {0} 24\" width=\"{0}\" height=\"24\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\">"
      "<path d=\"{1}\"/></svg>",
      std::max(at - 1, 1), path);
}

std::string columns_html(const Json& table, std::string_view side) {
  if (table.contains("left_out")) {
    return element("p", "", "Left out: " + escape_html(table.at("left_out").get<std::string>()) + ".");
  }
  std::string html;
  std::size_t index = 0;
  for (const Json& column : list_of(table, "columns")) html += column_html(column, side, index++);
  return html;
}

std::string columns_table_html(const Json& table) {
  if (table.contains("left_out")) return columns_html(table, "");
  HtmlTable lines{{"column", "", "null", "distinct", "mean or length", "range"}, {2, 3}, {}};
  for (const Json& column : list_of(table, "columns")) {
    lines.rows.push_back({name_html(column), bars_svg(bar_counts(column)),
                          escape_html(display_share(count_of(column, "nulls"), count_of(column, "rows"))),
                          escape_html(distinct_text(column)), escape_html(middle_text(column)),
                          escape_html(range_text(column))});
  }
  return lines.to_html();
}

}  // namespace headrace
