// Pieces of HTML: the only place that writes text of unknown origin into a page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace headrace {

/// Text as it may stand in an element or, in double quotes, in an attribute. Bytes that are not UTF-8 and control
/// characters are replaced.
std::string escape_html(std::string_view text);

/// `<name class="css">inner</name>`; `inner` is HTML already. Without `css` no class.
std::string element(std::string_view name, std::string_view css, std::string_view inner);

/// A table in a box that scrolls by itself where it is wider than the page. Cells are HTML. Columns whose number is in
/// `number_columns` stand right.
struct HtmlTable {
  std::vector<std::string> heads;
  std::vector<std::size_t> number_columns;
  std::vector<std::vector<std::string>> rows;

  std::string to_html() const;
};

/// Data that a page's script reads, by the id of its element: no text in it can end the element.
std::string json_island(std::string_view id, const nlohmann::ordered_json& data);

/// "1,234", of a JSON number, text or null ("–"); floats with six digits that count. Not escaped: for escape_html().
std::string display_number(const nlohmann::ordered_json& value);
/// "0.35 s", "12 ms".
std::string display_seconds(double seconds);
/// "12.5 %" of a whole; "–" of none.
std::string display_share(std::int64_t part, std::int64_t whole);

}  // namespace headrace
