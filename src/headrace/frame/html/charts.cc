// See charts.h.
#include "headrace/frame/html/charts.h"

#include <string_view>

#include "headrace/frame/html/json_fields.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSpecs = R"json({
  "operators": {
    "width": "container",
    "mark": {"type": "bar", "tooltip": true},
    "encoding": {
      "y": {"field": "operator", "type": "nominal", "sort": null, "title": null, "axis": {"labelLimit": 160}},
      "x": {"field": "seconds", "type": "quantitative", "title": "seconds of processor time"},
      "color": {"field": "kind", "type": "nominal", "legend": null},
      "tooltip": [
        {"field": "operator"},
        {"field": "seconds", "type": "quantitative", "format": ".3f"},
        {"field": "rows", "type": "quantitative", "format": ","},
        {"field": "memory", "type": "nominal"}
      ]
    }
  },
  "histogram": {
    "width": "container",
    "height": 160,
    "mark": {"type": "bar", "tooltip": true, "binSpacing": 1},
    "encoding": {
      "x": {"field": "from", "type": "quantitative", "bin": {"binned": true}, "title": null, "scale": {"zero": false}},
      "x2": {"field": "to"},
      "y": {"field": "rows", "type": "quantitative", "title": "rows"}
    }
  },
  "times": {
    "width": "container",
    "height": 160,
    "mark": {"type": "bar", "tooltip": true, "binSpacing": 1},
    "encoding": {
      "x": {"field": "from", "type": "temporal", "scale": {"type": "utc"}, "title": null},
      "x2": {"field": "to"},
      "y": {"field": "rows", "type": "quantitative", "title": "rows"}
    }
  },
  "top": {
    "width": "container",
    "mark": {"type": "bar", "tooltip": true},
    "encoding": {
      "y": {"field": "value", "type": "nominal", "sort": null, "title": null, "axis": {"labelLimit": 160}},
      "x": {"field": "rows", "type": "quantitative", "title": "rows"}
    }
  }
})json";

Json operator_rows(const Json& run) {
  Json rows = Json::array();
  for (const Json& op : list_of(run, "operators")) {
    rows.push_back({{"operator", op.at("id").dump() + " " + op.at("label").get<std::string>()},
                    {"kind", op.at("kind")},
                    {"seconds", op.at("seconds")},
                    {"rows", op.at("rows_out")},
                    {"memory", op.at("memory_bytes")}});
  }
  return rows;
}

Json column_chart(const Json& column) {
  const Json& values = values_of(column);
  if (values.contains("histogram")) {
    return {{"edges", values.at("histogram").at("edges")}, {"counts", values.at("histogram").at("counts")}};
  }
  if (!values.contains("top")) return nullptr;
  Json chart = {{"values", Json::array()}, {"counts", Json::array()}};
  for (const Json& top : values.at("top")) {
    chart["values"].push_back(top.at("value"));
    chart["counts"].push_back(top.at("count"));
  }
  return chart;
}

}  // namespace

Json report_charts(const Json& run) {
  Json charts = {{"specs", Json::parse(kSpecs)}, {"operators", operator_rows(run)}};
  for (const char* side : {"before", "after"}) {
    charts[side] = Json::array();
    const Json& table = list_of(list_of(run, "statistics"), side);
    for (const Json& column : list_of(table, "columns")) charts[side].push_back(column_chart(column));
  }
  return charts;
}

}  // namespace headrace
