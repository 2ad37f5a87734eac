"""Draws records of a benchmark as bars, seconds above and peak memory below, one group a scale and task, as SVG."""

from xml.sax.saxutils import escape

WIDTH, BAR, LABEL, GAP = 760, 16, 230, 4
COLORS = {"headrace": "#1f6f8b"}


def bars(title, rows, top):
    """SVG lines of a titled group of bars; rows are (label, value, text, color). Returns them and the y below them."""
    lines = [f'<text x="8" y="{top + 14}" font-weight="bold">{escape(title)}</text>']
    y = top + 22
    most = max((value for _, value, _, _ in rows), default=0) or 1
    for label, value, text, color in rows:
        width = max(1.0, value / most * (WIDTH - LABEL - 130))
        lines.append(f'<text x="{LABEL - 6}" y="{y + 12}" text-anchor="end">{escape(label)}</text>')
        lines.append(f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{color}"/>')
        lines.append(f'<text x="{LABEL + width + 5:.1f}" y="{y + 12}">{escape(text)}</text>')
        y += BAR + GAP
    return lines, y + 12


def svg_of_groups(title, groups):
    """The SVG of groups of bars: pairs of a title and rows as bars() takes them."""
    lines, y = [f'<text x="8" y="20" font-size="15" font-weight="bold">{escape(title)}</text>'], 32
    for name, rows in groups:
        group, y = bars(name, rows, y)
        lines += group
    style = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" {style}>'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{y}" fill="white"/>', *lines, "</svg>", ""])


def draw(records, title):
    """The SVG of the records: a string."""
    members_of, groups = {}, []
    for record in records:
        members_of.setdefault((record["scale"], record["task"]), []).append(record)
    for (scale, task), members in sorted(members_of.items()):
        members.sort(key=lambda record: record["seconds"])
        for what, value_of, text_of in (
            ("seconds, median", lambda r: r["seconds"], lambda r: f"{r['seconds']:.2f} s"),
            ("peak memory", lambda r: r["peak_bytes"], lambda r: f"{r['peak_bytes'] / 2**30:.2f} GiB"),
        ):
            rows = [
                (
                    " ".join(filter(None, (r["system"], r["version"], r["variant"], f"{r['threads']} thr"))),
                    value_of(r),
                    text_of(r) + ("" if r["checked"] else " (not checked)"),
                    COLORS.get(r["system"], "#b0b7bc"),
                )
                for r in members
            ]
            groups.append((f"SF {scale}, {task}: {what}", rows))
    return svg_of_groups(title, groups)
