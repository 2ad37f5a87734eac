"""Runs golden cases on Spark, all in one application, two at a time, and compares with what they say.

    cases_on_spark.py [--every N] [PATH...]

Run by a Python that has PySpark, with the package on its path. Rows are compared as multisets, and where the last step
is a sort, their keys in order, too. Every output is also written by the native engine, and digests must be equal.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import json
import logging
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import case_files as files
from cluster import QUICK_JAVA
from headrace._errors import HeadraceError
from headrace.spark import _collect
from headrace.spark._errors import headrace_error
from headrace.spark._plan import Plan
from headrace.spark._session import activate, open_session

import headrace as hr
from headrace import _core

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"
HEADRACE = ROOT / "build" / "headrace"

#: Sections that give something else on Spark, and why. One that does not is a failure, too.
KNOWN: dict[str, str] = {
    "relational/lists_through: expect r": "tables of Spark have no lists of a fixed size",
    "relational/plan_no_bound_past_failure: error bad_data": "an optimizer may move a filter, and an error with it",
}

#: Tables of which only the number of rows is known on Spark, and why.
ANY_ROWS: dict[str, str] = {
    "relational/deduplicate: expect any_first": "with any_order, any row of a key may stay",
    "relational/deduplicate: expect any_last": "with any_order, any row of a key may stay",
}

#: Errors that Spark itself raises, with texts and codes of its own: only that the run fails is asked for.
RAISED_BY_SPARK: dict[str, str] = {
    "semantics/case_laziness": "a division by zero",
    "semantics/division_by_zero_in_rows": "a division by zero",
    "semantics/sum_overflow": "a sum that is too large",
    "errors/overflow_in_rows": "an overflow",
    "errors/cast_in_rows": "a cast",
    "errors/explode_lengths": "raise_error() in a row",
}


_EXCLUDED = "spark.sql.optimizer.excludedRules"


class Difference(Exception):
    """What a section shows is not what came out."""


class Run:
    """One case in a folder of its own."""

    def __init__(self, session: Any, path: Path, folder: Path) -> None:
        self.session = session
        self.name = str(path.relative_to(CASES).with_suffix("")) if path.is_relative_to(CASES) else path.stem
        self.folder = folder
        self.sections = files.read_case(path)
        self.file = files.write_pipeline(self.sections, folder)
        self.results: list[tuple[str, str]] = []
        self._out: Path | None = None
        self._one = hr.from_spark(session.range(1))

    def execute(self) -> None:
        for section in self.sections:
            check = getattr(self, f"check_{section.kind}", None)
            if check is None:
                continue
            name = f"{self.name}: {section.kind} {section.argument}".rstrip()
            try:
                check(section)
                found = ""
            except Difference as difference:
                found = str(difference)
            except Exception as error:
                found = f"{type(error).__name__}: {str(error)[:1500]}\n{_place(error)}"
            if name in KNOWN:
                found = "" if found else f"is known to differ, but does not: {KNOWN[name]}"
                self.results.append((name, found and f"FAILED {found}" or f"known difference: {KNOWN[name]}"))
            else:
                self.results.append((name, f"FAILED {found}" if found else "passed"))

    def pipeline(self) -> hr.Pipeline:
        return hr.Pipeline.from_yaml(self.file)

    # --- tables ------------------------------------------------------------------------------------------------------

    def collect(self, table: str) -> tuple[hr.DataFrame, list[tuple[int, str]]]:
        """The rows of a table, and the places of the columns that they are sorted by."""
        native = self.pipeline()._native
        text = _core.table_plan(native, _core.Work(0, ""), table, True)
        plan = Plan(self.session, text, frames={}, folder="", storage=native.storage())
        return _collect.collect_plan(plan), _sorted_by(plan)

    def check_expect(self, section: files.Section) -> None:
        found, keys = self.collect(section.argument)
        _same_header(files.header(section.lines[0]), list(found.schema.items()))
        rows = files.cell_texts(found)
        if f"{self.name}: expect {section.argument}" in ANY_ROWS:
            if len(rows) != len(section.lines) - 1:
                raise Difference(f"{len(rows)} rows")
            return
        _same_rows(files.expected_rows(section), rows)
        if keys:
            wanted = [_keys(row, keys) for row in files.expected_rows(section)]
            if wanted != [_keys(row, keys) for row in rows]:
                raise Difference(f"the order of rows: {rows}")

    # --- outputs -----------------------------------------------------------------------------------------------------

    def out(self) -> Path:
        """What the run on Spark wrote. Its digests are those of a native run."""
        if self._out is None:
            native = self.pipeline().run(progress=False).report
            for output in native["outputs"]:
                shutil.move(output["path"], output["path"] + ".native")
            spark = self.pipeline().run(engine="spark", spark=self.session).report
            self._out = Path(spark["outputs"][0]["path"])
            for key in ("row_digest", "fitted_state_digest", "plan_digest"):
                manifests = [json.loads(Path(f"{self._out}{end}/manifest.json").read_text()) for end in ("", ".native")]
                first, second = (_digest(one, key) for one in manifests)
                if first != second:
                    raise Difference(f"{key}: {first} on Spark, {second} natively")
        return self._out

    def check_output(self, section: files.Section) -> None:
        command = [HEADRACE, "inspect", self.out(), "--part", section.argument, "--rows", "100000", "--output", "json"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Difference(done.stderr)
        seen = json.loads(done.stdout)
        _same_header(files.header(section.lines[0]), [(c["name"], c["type"]) for c in seen["columns"]])
        rows = [tuple(files.shown(row[c["name"]], c["type"]) for c in seen["columns"]) for row in seen["first_rows"]]
        _same_rows(files.expected_rows(section), rows)

    # --- expressions -------------------------------------------------------------------------------------------------

    def check_expressions(self, section: files.Section) -> None:
        # Else Spark computes expressions of literals while it plans, by code that rows do not meet.
        self.session.conf.set(_EXCLUDED, "org.apache.spark.sql.catalyst.optimizer.ConstantFolding")
        _compile(self.session, True)
        try:
            wrong = self._wrong_expressions(section)
        finally:
            self.session.conf.unset(_EXCLUDED)
            _compile(self.session, False)
        if wrong:
            raise Difference("\n".join(wrong))

    def _wrong_expressions(self, section: files.Section) -> list[str]:
        """Those that Spark computes together, those that fail alone, and those that our tasks compute together: these
        are computed by the native engine, one row as well as many."""
        mapped, unmapped, wrong = [], [], []
        for line in section.lines:
            expression, _, wanted = line.rpartition(" => ")
            wanted = wanted.strip(" \t")
            if wanted == "null: null":
                # A column has a type.
                expression, wanted = f"cast({expression} as string)", "string: null"
            try:
                plan = _collect.plan_of(self._one_row([expression]), self.session, fold=False)
            except HeadraceError as error:
                if not wanted.startswith("error: "):
                    wrong.append(f"{line}\n  found {error}")
                continue
            is_mapped = all(plan.is_mapped(node) for node in plan.nodes if node["kind"] == "project")
            if not wanted.startswith("error: "):
                (mapped if is_mapped else unmapped).append((expression, wanted))
            elif is_mapped and not _fails(plan):
                wrong.append(f"{line}\n  found {self._values([expression])}")
        return wrong + self._wrong_values(mapped) + self._wrong_values(unmapped)

    def _one_row(self, expressions: list[str]) -> hr.LazyFrame:
        return self._one.select(**{f"e{i}": text for i, text in enumerate(expressions)})

    def _wrong_values(self, pairs: list[tuple[str, str]]) -> list[str]:
        try:
            found = self._values([expression for expression, _ in pairs])
        except HeadraceError as error:
            if len(pairs) == 1:
                return [f"{pairs[0][0]} => {pairs[0][1]}\n  found {error}"]
            return [line for pair in pairs for line in self._wrong_values([pair])]
        return [
            f"{expression} => {wanted}\n  found {value}"
            for (expression, wanted), value in zip(pairs, found, strict=True)
            if value != wanted
        ]

    def _values(self, expressions: list[str]) -> list[str]:
        if not expressions:
            return []
        frame = _collect.collect(self._one_row(expressions), self.session, fold=False)
        (row,) = files.cell_texts(frame)
        return [f"{dtype}: {cell}" for dtype, cell in zip(frame.schema.values(), row, strict=True)]

    # --- errors ------------------------------------------------------------------------------------------------------

    def check_error(self, section: files.Section) -> None:
        try:
            pipeline = self.pipeline()
            known = pipeline.validate()
            if known["outputs"]:
                pipeline.run(engine="spark", spark=self.session)
            else:
                self.collect((known["tables"] or known["sources"])[-1]["name"])
        except HeadraceError as error:
            text = str(error)
            has_words = all(line in text for line in section.lines)
            if error.code != section.argument or has_words == (self.name in RAISED_BY_SPARK):
                raise Difference(f"failed with {error.code}: {text[:1500]}") from error
            return
        raise Difference("did not fail")


def _compile(session: Any, wanted: bool) -> None:
    """Whether Spark makes code of plans, as it does by itself, which takes longer than to run them on a few rows."""
    session.conf.set("spark.sql.codegen.wholeStage", str(wanted).lower())
    session.conf.set("spark.sql.codegen.factoryMode", "FALLBACK" if wanted else "NO_CODEGEN")


def _fails(plan: Plan) -> bool:
    """Whether a value makes the rows of a plan end in an error of Spark."""
    try:
        plan.frame(plan.roots[0]).collect()
    except Exception as error:
        if headrace_error(error).code != "bad_data":
            raise
        return True
    return False


def _place(error: BaseException) -> str:
    """Where an error comes from, for bugs of this program and of the package."""
    return "".join(traceback.format_tb(error.__traceback__)[-3:])


def _digest(manifest: dict[str, Any], key: str) -> Any:
    return manifest.get(key)


def _same_header(wanted: list[tuple[str, str]], found: list[tuple[str, str]]) -> None:
    if wanted != found:
        raise Difference(f"columns: expected {wanted}, found {found}")


def _same_rows(wanted: list[tuple[str, ...]], found: list[tuple[str, ...]]) -> None:
    missing, extra = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    if missing or extra:
        lines = [f"  expected  {' | '.join(row)}" for row in missing.elements()]
        lines += [f"  found     {' | '.join(row)}" for row in extra.elements()]
        raise Difference("rows:\n" + "\n".join(lines))


def _keys(row: tuple[str, ...], keys: list[int]) -> tuple[str, ...]:
    return tuple("0.0" if row[key] == "-0.0" else row[key] for key in keys)


def _sorted_by(plan: Plan) -> list[int]:
    """The places of the columns that the last step sorts by, as far as they are still there."""
    node = plan.nodes[plan.roots[0]]
    names = [column["name"] for column in node["columns"]]
    while node["kind"] == "limit" or (node["kind"] == "project" and all("column" in e for e in node["expressions"])):
        node = plan.nodes[node["inputs"][0]]
    if node["kind"] != "sort":
        return []
    places = []
    for by in node["order"]:
        if by["column"] not in names:
            break
        places.append(names.index(by["column"]))
    return places


def open_spark() -> Any:
    """A session with settings that make small jobs fast."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    # Spark logs every error, most of which are wanted here.
    logging.disable(logging.CRITICAL)
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.extraJavaOptions": QUICK_JAVA,
        # Workers that have imported what tasks need.
        "spark.python.daemon.module": "headrace.spark._daemon",
    }
    builder = SparkSession.builder.master("local[2]").appName("cases")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def run_case(session: Any, case: Path, folder: Path) -> tuple[float, Run]:
    """A case in a session that no other thread uses, and the seconds that it took."""
    folder.mkdir()
    start = time.monotonic()
    run = Run(session, case, folder)
    run.execute()
    for name, result in run.results:
        if result != "passed":
            print(f"{name}: {result}", flush=True)
    return time.monotonic() - start, run


def main(words: list[str], session: Any) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1, help="only every n-th case")
    parser.add_argument("--slow", type=int, default=0, help="how many of the slowest cases to name")
    parser.add_argument("paths", nargs="*", type=Path, default=[CASES])
    options = parser.parse_args(words)
    found = [path if path.is_file() else sorted(path.rglob("*.case")) for path in options.paths]
    cases = [case.resolve() for one in found for case in (one if isinstance(one, list) else [one])][:: options.every]
    began = time.monotonic()
    sessions: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for own in (session, session.newSession()):
            _compile(own, False)
            sessions.put(stack.enter_context(open_session(own)))

        def run_one(number: int) -> tuple[float, Run]:
            own = sessions.get()
            activate(own)
            try:
                return run_case(own, cases[number], root / str(number))
            finally:
                sessions.put(own)

        with concurrent.futures.ThreadPoolExecutor(sessions.qsize()) as pool:
            runs = list(pool.map(run_one, range(len(cases))))
    results = [result for _, run in runs for result in run.results]
    for took, name in sorted(((took, run.name) for took, run in runs), reverse=True)[: options.slow]:
        print(f"{took:.1f} s: {name}")
    failed = sum(result.startswith("FAILED") for _, result in results)
    known = sum(result.startswith("known") for _, result in results)
    took = time.monotonic() - began
    print(
        f"Spark {session.version}: {len(cases)} cases, {len(results) - failed - known} sections passed, {known} known "
        f"differences, {failed} failed, {took:.0f} s"
    )
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], open_spark()))
