"""What a run tells: its report, as a page and in notebooks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headrace import _core


class _Shown:
    """A part of a report that notebooks show."""

    def __init__(self, content: Any, report_json: str, to_html: Callable[[str], str]) -> None:
        self._content = content
        self._report_json = report_json
        self._to_html = to_html

    def _repr_html_(self) -> str:
        return self._to_html(self._report_json)


class Statistics(_Shown):
    """Statistics of columns, taken in the pass of a run.

    Each column is a dict as ``run.json`` holds it: ``name``, ``type``, ``rows``, ``nulls``, ``distinct``, ``min``,
    ``max``, ``mean``, ``stddev``, ``quantiles``, ``top`` and ``histogram``, as far as its type has them; of lists,
    ``elements`` has those of the elements. Empty when they were not taken.
    """

    @property
    def before(self) -> dict[str, dict[str, Any]]:
        """The columns that features are made from, by name."""
        return self._columns("before")

    @property
    def after(self) -> dict[str, dict[str, Any]]:
        """The columns that were written, by name."""
        return self._columns("after")

    def _columns(self, side: str) -> dict[str, dict[str, Any]]:
        return {column["name"]: column for column in self._content.get(side, {}).get("columns", [])}

    def __repr__(self) -> str:
        return f"<headrace.Statistics of {len(self.before)} columns before, {len(self.after)} after>"


class ContractResult(_Shown):
    """How the rows of a run kept its contract."""

    @property
    def promises(self) -> list[dict[str, Any]]:
        """Each promise with ``column``, ``kind``, ``promise``, ``violations`` and ``samples`` of rows that broke it."""
        return self._content["promises"]

    @property
    def kept(self) -> bool:
        """Whether every row kept every promise."""
        return self._content["kept"]

    def __repr__(self) -> str:
        word = "kept" if self.kept else "broken"
        return (
            f"<headrace.ContractResult: {len(self.promises)} promises {word} by {self._content['rows_checked']:,} rows>"
        )


class RunResult:
    """What a run did.

    Attributes
    ----------
    report : dict
        The whole report, as ``run.json`` holds it.

    Examples
    --------
    >>> import tempfile
    >>> frame = hr.from_dict({"price": [1.0, 2.0, 6.0]})
    >>> out = {"path": tempfile.mkdtemp() + "/prices", "format": "parquet"}
    >>> result = hr.Pipeline("prices", frame, outputs=[out]).run()
    >>> result.statistics.before["price"]["mean"]
    3.0
    >>> page = result.to_html()
    >>> page[:15]
    '<!DOCTYPE html>'
    """

    def __init__(self, report_json: str, text: str) -> None:
        self.report: dict[str, Any] = json.loads(report_json)
        self._report_json = report_json
        self._text = text.rstrip("\n")

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return _core.report_summary(self._report_json)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The report as a page: one HTML file that needs no network, the same as ``headrace report`` makes.

        Parameters
        ----------
        path : str, optional
            Where to write it, too.
        """
        page = _core.report_page(self._report_json)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    @property
    def row_digest(self) -> str:
        """The digest of all rows written: equal for equal rows, whatever the shards."""
        return self.report["row_digest"]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The data sets written: path, format, parts with their shards."""
        return self.report["outputs"]

    @property
    def statistics(self) -> Statistics:
        """Statistics of the columns before and after encoding."""
        return Statistics(self.report.get("statistics", {}), self._report_json, _core.report_statistics)

    @property
    def contract(self) -> ContractResult | None:
        """How the contract was kept; None without one."""
        if "contract" not in self.report:
            return None
        return ContractResult(self.report["contract"], self._report_json, _core.report_contract)
