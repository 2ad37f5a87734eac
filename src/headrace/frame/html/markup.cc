// See markup.h.
#include "headrace/frame/html/markup.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "headrace/base/units.h"
#include "headrace/io/excerpt.h"

namespace headrace {

std::string escape_html(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    std::size_t valid = valid_utf8_bytes(text);
    for (char c : text.substr(0, valid)) {
      switch (c) {
        case '&': html += "&amp;"; break;
        case '<': html += "&lt;"; break;
        case '>': html += "&gt;"; break;
        case '"': html += "&quot;"; break;
        case '\'': html += "&#39;"; break;
        case '\n':
        case '\t': html += c; break;
        default: html += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? std::string("\uFFFD") : std::string(1, c);
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    html += "\uFFFD";
    text.remove_prefix(1);
  }
  return html;
}

std::string element(std::string_view name, std::string_view css, std::string_view inner) {
  if (css.empty()) return fmt::format("<{0}>{1}</{0}>", name, inner);
  return fmt::format("<{0} class=\"{1}\">{2}</{0}>", name, css, inner);
}

std::string HtmlTable::to_html() const {
  auto line = [&](const char* cell, const std::vector<std::string>& cells) {
    std::string html;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      bool is_number = std::ranges::find(number_columns, i) != number_columns.end();
      html += element(cell, is_number ? "n" : "", cells[i]);
    }
    return element("tr", "", html) + "\n";
  };
  std::string body;
  for (const std::vector<std::string>& row : rows) body += line("td", row);
  std::string head = heads.empty() ? "" : element("thead", "", line("th", heads));
  return "<div class=\"scroll\"><table>" + head + element("tbody", "", body) + "</table></div>\n";
}

std::string json_island(std::string_view id, const nlohmann::ordered_json& data) {
  std::string text = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string safe;
  for (char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return fmt::format("<script type=\"application/json\" id=\"{}\">{}</script>\n", id, safe);
}

std::string display_number(const nlohmann::ordered_json& value) {
  if (value.is_number_integer()) return format_count(value.get<std::int64_t>());
  if (value.is_number_float()) {
    double number = value.get<double>();
    if (std::abs(number) < 1e15 && number == std::floor(number)) return format_count(static_cast<std::int64_t>(number));
    return fmt::format("{:.6g}", number);
  }
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  return value.is_string() ? value.get<std::string>() : "–";
}

std::string display_seconds(double seconds) {
  return seconds < 0.1 ? fmt::format("{:.1f} ms", seconds * 1000) : fmt::format("{:.2f} s", seconds);
}

std::string display_share(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "–";
  double percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
  return part > 0 && percent < 0.1 ? std::string("< 0.1 %") : fmt::format("{:.1f} %", percent);
}

}  // namespace headrace
