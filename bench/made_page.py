"""Pages of which tables are made of a benchmark's records, and the plot beside the records.

The page's own words stand between the tables; each of these is between comments that name it. Standard library only.
"""

import re
import sys

from records import read_records

MARKED = re.compile(r"(<!-- made by \w*page\.py: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


class MadePage:
    """`page` and `records` are paths, `script` is what makes the page again. `figures` is made of the records; of it
    functions in `tables`, by name, make those; `plot` takes the records, and so do functions that make `others`, by
    path."""

    def __init__(self, page, records, script, figures, tables, plot, others=None):
        self.page = page
        self.records = records
        self.script = script
        self.figures = figures
        self.tables = tables
        self.plot = plot
        self.others = others or {}

    def render(self, text, records):
        """The page with its tables made again."""
        figures = self.figures(records)
        return MARKED.sub(lambda found: f"{found[1]}{self.tables[found[2]](figures)}{found[3]}", text)

    def files(self, records=None):
        """Path and content of all that is made of the records."""
        records = read_records(self.records) if records is None else records
        yield self.records.with_suffix(".svg"), self.plot(records)
        for path, make in self.others.items():
            yield path, make(records)
        if self.page.is_file():
            yield self.page, self.render(self.page.read_text(), records)

    def write(self, records=None):
        for path, content in self.files(records):
            path.write_text(content)

    def stale_files(self):
        """The files that are not what the records say."""
        return [path for path, content in self.files() if not path.is_file() or path.read_text() != content]

    def main(self, arguments):
        if arguments == ["--check"]:
            stale = self.stale_files()
            for path in stale:
                print(f"{path}: not what {self.records.name} says: run {self.script}")
            sys.exit(1 if stale else 0)
        self.write()
