// See statistics_json.h.
#include "headrace/frame/statistics_json.h"

#include <cmath>

#include "headrace/base/memory_budget.h"
#include "headrace/column/number_text.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

Json number_json(double value) { return std::isfinite(value) ? Json(value) : Json(format_float64(value)); }

Json value_json(const Value& value) {
  if (value.is_null()) return nullptr;
  if (value.type.kind() == TypeKind::kDate || value.type.is_timestamp()) {
    return format_cell(constant_column(*MemoryBudget::create(), value, 1), 0);
  }
  if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
  if (const auto* number = std::get_if<double>(&value.data)) return number_json(*number);
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag;
  return value.as_int();
}

Json column_json(const ColumnFigures& column) {
  Json json = Json::object();
  if (!column.name.empty()) json["name"] = column.name;
  json["type"] = column.type;
  json["rows"] = column.rows;
  json["nulls"] = column.nulls;
  if (column.nans > 0) json["nans"] = column.nans;
  if (column.distinct) json["distinct"] = {{"count", column.distinct->count}, {"exact", column.distinct->is_exact}};
  if (column.min) json["min"] = value_json(*column.min);
  if (column.max) json["max"] = value_json(*column.max);
  if (column.mean) json["mean"] = number_json(*column.mean);
  if (column.stddev) json["stddev"] = number_json(*column.stddev);
  if (!column.quantiles.empty()) {
    json["quantiles"] = {{"exact", column.is_counted}, {"values", Json::array()}};
    for (const auto& [percent, value] : column.quantiles) {
      json["quantiles"]["values"].push_back({{"percent", percent}, {"value", value_json(value)}});
    }
  }
  if (!column.top.empty()) {
    json["top"] = Json::array();
    for (const auto& [value, count] : column.top) {
      json["top"].push_back({{"value", value_json(value)}, {"count", count}});
    }
  }
  if (column.histogram) {
    json["histogram"] = {{"exact", column.is_counted}, {"edges", Json::array()}, {"counts", column.histogram->counts}};
    for (const Value& edge : column.histogram->edges) json["histogram"]["edges"].push_back(value_json(edge));
  }
  if (column.lengths) {
    json["lengths"] = {{"min", column.lengths->min}, {"max", column.lengths->max}, {"mean", column.lengths->mean}};
  }
  if (!column.elements.empty()) json["elements"] = column_json(column.elements.front());
  return json;
}

}  // namespace

Json statistics_json(const TableFigures& table) {
  if (!table.left_out.empty()) return {{"left_out", table.left_out}};
  Json json = {{"rows", table.rows}, {"seconds", table.seconds}, {"columns", Json::array()}};
  for (const ColumnFigures& column : table.columns) json["columns"].push_back(column_json(column));
  return json;
}

}  // namespace headrace
