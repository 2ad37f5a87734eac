"""Golden cases (tests/cases/README.md) as Python reads them: sections, tables as Parquet files, the pipeline's file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

import headrace as hr

KINDS = {"table", "pipeline", "expect", "output", "plan", "expressions", "error"}


@dataclass
class Section:
    """What stands below a line ``-- kind argument``."""

    kind: str
    argument: str
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(line + "\n" for line in self.lines)


def read_case(path: Path) -> list[Section]:
    """The sections of a case."""
    sections: list[Section] = []
    for line in path.read_text().splitlines():
        if line.startswith("-- "):
            kind, _, argument = line[3:].strip().partition(" ")
            if kind not in KINDS:
                raise ValueError(f"{path}: unknown section '{kind}'")
            sections.append(Section(kind, argument.strip()))
        elif sections and line.strip(" \t"):
            sections[-1].lines.append(line)
    if not sections:
        raise ValueError(f"{path}: no section")
    return sections


def split_cells(line: str) -> list[str]:
    """A row of a text table."""
    return [cell.strip(" \t") for cell in line.split("|")]


def header(line: str) -> list[tuple[str, str]]:
    """Names and types of a table."""
    fields = []
    for cell in split_cells(line):
        name, _, dtype = cell.partition(":")
        fields.append((name.rstrip(" "), dtype.strip()))
    return fields


def quoted(text: str) -> str:
    """A text as a literal of an expression."""
    return "'" + text.replace("'", "''") + "'"


def _cell_expression(cell: str, dtype: str) -> str:
    if cell == "null":
        return f"cast(null as {dtype})"
    if dtype.startswith(("list<", "fixed_size_list<", "struct<")):
        return f"cast({cell} as {dtype})"
    is_quoted = len(cell) >= 2 and cell[0] == cell[-1] == "'"
    return f"cast({quoted(cell[1:-1] if is_quoted else cell)} as {dtype})"


def table_frame(section: Section) -> hr.LazyFrame:
    """The rows of a table section."""
    fields = header(section.lines[0])
    rows = [split_cells(line) for line in section.lines[1:]]
    one = hr.from_dict({"#one": [1]})
    frames = []
    for row in rows or [["null"] * len(fields)]:
        if len(row) != len(fields):
            raise ValueError(f"table {section.argument}: {len(row)} cells, not {len(fields)}")
        made = {name: _cell_expression(cell, dtype) for (name, dtype), cell in zip(fields, row, strict=True)}
        frames.append(one.select(**made))
    table = hr.concat(frames).collect().to_arrow()
    # All columns may be null, whether or not there is one.
    table = table.cast(pa.schema([f.with_nullable(True) for f in table.schema]))
    return hr.from_arrow(table if rows else table.slice(0, 0))


def write_table(section: Section, folder: Path) -> Path:
    """The table as one Parquet file with row groups of two rows."""
    made = folder / f"{section.argument}.made"
    result = table_frame(section).sink_parquet(made, row_group_rows=2, progress=False)
    (part,) = result.report["outputs"][0]["parts"]
    (shard,) = part["shards"]
    path = folder / f"{section.argument}.parquet"
    shutil.copyfile(made / shard["file"], path)
    shutil.rmtree(made)
    return path


def write_pipeline(sections: list[Section], folder: Path) -> Path:
    """Writes the tables and the pipeline that reads them."""
    sources = "".join(f"  {s.argument}: {{path: '{write_table(s, folder)}'}}\n" for s in sections if s.kind == "table")
    path = folder / "case.yaml"
    for section in sections:
        if section.kind == "pipeline":
            path.write_text("version: 1\nname: case\n" + _with_sources(section.text, sources))
    return path


def _with_sources(text: str, sources: str) -> str:
    if not sources:
        return text
    before, found, behind = ("\n" + text).partition("\nsources:\n")
    if not found:
        return f"sources:\n{sources}{text}"
    return f"{before}{found}{sources}{behind}".lstrip("\n")


def cell_texts(frame: hr.DataFrame) -> list[tuple[str, ...]]:
    """The rows as texts, as tables of cases write them."""
    columns = []
    arrow = frame.to_arrow()
    rows = frame._rows.cells(frame.height)
    for at, (name, dtype) in enumerate(frame.schema.items()):
        nulls = arrow[name].is_null().to_pylist()
        columns.append([shown(None if null else row[at], dtype) for row, null in zip(rows, nulls, strict=True)])
    return list(zip(*columns, strict=True)) if columns else [()] * frame.height


def shown(text: str | None, dtype: str) -> str:
    """A cell: strings that would not read back as themselves stand in quotes."""
    if text is None:
        return "null"
    if dtype == "string" and (text in ("", "null") or text[0] in " '" or text[-1] == " "):
        return f"'{text}'"
    return text.strip(" \t")


def expected_rows(section: Section) -> list[tuple[str, ...]]:
    """The rows of an expect or output section."""
    return [tuple(split_cells(line)) for line in section.lines[1:]]
