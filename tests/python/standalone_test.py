"""The wheel with an Arrow of its own: without pyarrow, and in one process with an older one."""

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

OLDER = ROOT / "build/envs/standalone/bin/python"

# Each side writes Parquet and reads the other's, and rows go to and fro by Arrow's C stream.
EXCHANGE = """
import pathlib, sys
for name in sys.argv[2:]:
    __import__(name)
import headrace as hr, pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
folder = pathlib.Path(sys.argv[1])
table = pa.table({"a": [1, 2, None], "s": ["x", None, "z"], "l": [[1], [2, 3], None]})
pq.write_table(table, folder / "theirs.parquet")
assert hr.scan_parquet(folder / "theirs.parquet").collect().to_arrow().equals(table)
frame = hr.from_arrow(table)
assert pa.table(frame).equals(table)
frame.select("a", "s").sink_parquet(folder / "ours")
written = next((folder / "ours").rglob("*.parquet"))
assert pq.read_table(written).to_pydict() == table.select(["a", "s"]).to_pydict()
assert pc.sum(pa.table(frame.filter("a > 1"))["a"]).as_py() == 2
print(pa.__version__)
"""

# Without site-packages there is no pyarrow.
ALONE = """
import sys
import headrace as hr
sums = hr.scan_csv(sys.argv[1]).filter("v > 1").group_by("k").agg(total="sum(v)").collect()
assert "pyarrow" not in sys.modules
print(sums)
for call in (sums.to_arrow, sums.to_dict, lambda: hr.from_dict({"a": [1]}), sums.lazy().describe):
    try:
        call()
    except hr.MissingPackageError as error:
        print(error.code, "|", error.hint)
"""


def run(site, *command, **environment):
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(site), **environment}
    done = subprocess.run(list(map(str, command)), env=environment, cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_asks_for_nothing(standalone):
    metadata = next(standalone.glob("headrace_standalone-*.dist-info/METADATA")).read_text().splitlines()
    assert "Name: headrace-standalone" in metadata
    assert [line for line in metadata if line.startswith("Requires-Dist:") and "extra ==" not in line] == []
    licences = {path.name for path in standalone.glob("headrace_standalone-*.dist-info/licenses/*")}
    assert {"LICENSE", "arrow-LICENSE.txt", "arrow-NOTICE.txt"} <= licences


def test_it_works_without_pyarrow_and_says_which_calls_do_not(standalone, tmp_path):
    (tmp_path / "rows.csv").write_text("k,v\na,1\na,2\nb,3\na,4\n")
    printed = run(standalone, sys.executable, "-S", "-c", ALONE, tmp_path / "rows.csv").splitlines()
    assert printed[:5] == ["k       total", "string  int64", "a       6", "b       3", "[2 rows x 2 columns]"]
    assert printed[5:] == ["missing_package | pip install pyarrow"] * 4
    assert run(standalone, standalone / "headrace/bin/headrace", "version").startswith("headrace ")


@pytest.mark.parametrize("order", [("pyarrow", "headrace"), ("headrace", "pyarrow")], ids="-".join)
def test_it_shares_a_process_with_an_older_pyarrow(standalone, tmp_path, order):
    assert run(standalone, OLDER, "-c", EXCHANGE, tmp_path, *order).strip() == "20.0.0"


def test_no_symbol_of_one_arrow_is_bound_to_the_other(standalone, tmp_path):
    log = tmp_path / "bindings"
    eager = {"LD_BIND_NOW": "1", "LD_DEBUG": "bindings", "LD_DEBUG_OUTPUT": str(log)}
    run(standalone, OLDER, "-c", EXCHANGE, tmp_path, "headrace", "pyarrow", **eager)
    binding = re.compile(r"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: \w+ symbol `([^']*)'")
    sides = {(True, True): 0, (False, False): 0}
    for line in next(tmp_path.glob("bindings.*")).read_text(errors="replace").splitlines():
        found = binding.search(line)
        if found is None:
            continue
        files = found.group(1, 2)
        ours = tuple(str(standalone) in file for file in files)
        theirs = tuple("/pyarrow/" in file for file in files)
        assert not (ours[0] and theirs[1]) and not (theirs[0] and ours[1]), line
        if all(ours) or all(theirs):
            sides[ours] += 1
    assert min(sides.values()) > 1000, "both were there"


def test_the_slim_wheel_refuses_an_older_pyarrow_and_says_what_to_do(installed, tmp_path):
    package = tmp_path / "headrace"
    package.symlink_to(installed / "headrace")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for python, text in (
        ([OLDER], "is built for pyarrow 26.0, whose Arrow it shares, and pyarrow 20.0.0 is installed"),
        ([sys.executable, "-S"], "headrace needs pyarrow"),
    ):
        done = subprocess.run([*python, "-c", "import headrace"], env=environment, capture_output=True, text=True)
        assert done.returncode == 1
        assert text in done.stderr
        assert 'pip install "pyarrow==26.0.*"; or install headrace-standalone' in done.stderr
