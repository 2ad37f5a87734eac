// Draws the charts of a report: one of the operators at once, one of a column when it is opened. What a chart looks
// like is said by its specification; here it only gets its rows.
"use strict";
{
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();

  const draw = (element, spec, values) => {
    drawn.set(element, [spec, values]);
    const ink = getComputedStyle(document.body).getPropertyValue("--ink").trim();
    const line = getComputedStyle(document.body).getPropertyValue("--line").trim();
    const bar = getComputedStyle(document.body).getPropertyValue("--bar").trim();
    const config = {
      background: "transparent",
      axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line },
      bar: { color: bar },
      view: { stroke: null },
    };
    const height = charts.specs[spec].height ?? 18 * values.length; // a line a bar
    const parsed = { ...charts.specs[spec], height, data: { values }, autosize: { type: "fit-x", contains: "padding" } };
    return vegaEmbed(element, parsed, { actions: false, renderer: "svg", mode: "vega-lite", config, tooltip: { theme: dark.matches ? "dark" : "light" } });
  };

  const columnChart = (element) => {
    const column = charts[element.dataset.chart][element.dataset.column];
    if (column.edges) {
      const from = column.edges.slice(0, -1);
      const values = from.map((edge, i) => ({ from: edge, to: column.edges[i + 1], rows: column.counts[i] }));
      return draw(element, typeof from[0] === "string" ? "times" : "histogram", values);
    }
    return draw(element, "top", column.values.map((value, i) => ({ value: String(value), rows: column.counts[i] })));
  };

  const operators = document.getElementById("operators");
  if (operators) draw(operators, "operators", charts.operators);
  for (const element of document.querySelectorAll(".chart")) {
    element.parentElement.addEventListener("toggle", () => drawn.has(element) || columnChart(element));
  }
  dark.addEventListener("change", () => drawn.forEach(([spec, values], element) => draw(element, spec, values)));
}
