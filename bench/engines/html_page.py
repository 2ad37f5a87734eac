"""The report as one HTML file without anything from elsewhere: the tables and plots of docs/benchmark.md, and fields
for prices, of which a few lines of script compute all costs again."""

from html import escape

TITLES = {
    "setup": "What was measured",
    "time": "Time, memory and bytes, measured",
    "stages": "Seconds by stage, measured",
    "operators": "What ran in Comet",
    "price": "Price, measured runs on this machine",
    "modelled": "Clusters, modelled",
    "published": "Figures of others, published",
    "road": "From raw files to tensors",
}
NOTES = {
    "price": "Priced as the machine that they ran on. 100 M input rows are the tables at SF 1; from a smaller scale it"
    " is the cost of a run divided by the scale.",
    "modelled": "Nobody has measured these: each is computed from a measured run on two cores and what is assumed.",
    "published": "Of other jobs on other machines, none run here.",
    "road": "100 million training rows and one epoch. Each part was measured by itself, with rows of the same job, and"
    " is priced as this machine.",
}
STYLE = """
body { font: 15px/1.45 sans-serif; color: #222; background: white; max-width: 1100px; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: 0.8em 0 } th, td { padding: 0.25em 0.7em; text-align: left }
th { border-bottom: 2px solid #1f6f8b; vertical-align: bottom } td { border-bottom: 1px solid #ddd }
.tables { overflow-x: auto } input { width: 6em } .cost { font-variant-numeric: tabular-nums } svg { max-width: 100% }
"""
SCRIPT = """
const field = (place, name) =>
  Number(document.querySelector(`input[data-place="${place}"][data-name="${name}"]`).value);
const hour = place => field(place, "dbu") * field(place, "dollars") + field(place, "machine");
const digits = value => value >= 100 ? value.toFixed(2) : String(Number(value.toPrecision(3)));
const cost = ({place, seconds}) => seconds / 3600 * hour(place);
function compute() {
  for (const cell of document.querySelectorAll("[data-hour]")) cell.textContent = "$" + digits(hour(cell.dataset.hour));
  for (const cell of document.querySelectorAll("td.cost")) {
    const own = cost(cell.dataset);
    if (!cell.dataset.basePlace) { cell.textContent = "$" + digits(own); continue; }
    const base = cost({place: cell.dataset.basePlace, seconds: cell.dataset.baseSeconds});
    cell.textContent = own > 0 ? String(Number((base / own).toPrecision(3))) + " ×" : "–";
  }
}
document.addEventListener("input", compute);
"""


def cell_of(value):
    """A cell; costs have what they are computed of."""
    if hasattr(value, "base"):
        base = f' data-base-place="{value.base.place.key}" data-base-seconds="{value.base.seconds!r}"'
        cost = value.cost
    elif hasattr(value, "place"):
        base, cost = "", value
    else:
        return f"<td>{escape(str(value))}</td>"
    data = f'data-place="{cost.place.key}" data-seconds="{cost.seconds!r}"{base}'
    return f'<td class="cost" {data}>{escape(str(value))}</td>'


def table_of(head, rows):
    lines = ["<table>", f"<tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr>"]
    lines += [f"<tr>{''.join(map(cell_of, row))}</tr>" for row in rows]
    return "\n".join([*lines, "</table>"])


def prices_of(prices, texts):
    """The table of places, with fields."""
    lines = ["<table>", "<tr><th>where</th><th>DBU an hour</th><th>$ a DBU</th><th>machines, $ an hour</th>"]
    lines[-1] += "<th>an hour</th></tr>"
    for place, row in zip(prices.places.values(), texts, strict=True):
        fields = (("dbu", place.dbu_per_hour), ("dollars", place.dollars_per_dbu))
        fields += (("machine", place.machine_dollars_per_hour),)
        cells = "".join(
            f'<td><input type="number" min="0" step="any" data-place="{place.key}" data-name="{name}" value="{value}">'
            "</td>"
            for name, value in fields
        )
        lines.append(f'<tr><td>{escape(place.name)}</td>{cells}<td data-hour="{place.key}">{row[-1]}</td></tr>')
    return "\n".join([*lines, "</table>"])


def html_of(tables, plot, prices):
    """The page of tables by name, each a head and rows; the plot is SVG."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Engines by time and price</title>',
        f"<style>{STYLE}</style></head><body>",
        "<h1>Engines by time and price</h1>",
        "<p>The ads job of Headrace: eight raw tables to encoded training rows. How it was measured, and what is not"
        ' counted, says <a href="benchmark.html">the page about it</a>.</p>',
        "<h2>Plots</h2>",
        plot,
        "<h2>Prices</h2>",
        "<p>Cost = hours × (DBU an hour × $ a DBU + machines, $ an hour). Change a price: all costs below follow.</p>",
        f'<div class="tables">{prices_of(prices, tables["places"][1])}</div>',
    ]
    for name, title in TITLES.items():
        parts.append(f"<h2>{title}</h2>")
        if name in NOTES:
            parts.append(f"<p>{NOTES[name]}</p>")
        head, rows = tables[name]
        parts.append(f'<div class="tables">{table_of(head, rows) if rows else "<p>–</p>"}</div>')
    return "\n".join([*parts, f"<script>{SCRIPT}</script>", "</body></html>", ""])
