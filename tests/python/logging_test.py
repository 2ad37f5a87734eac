"""What the package says through logging."""

import logging
import subprocess

import headrace as hr
from headrace import features as f


def messages(caplog):
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "headrace"]


def test_a_run_tells_when_it_begins_what_it_wrote_and_when_it_ended(tmp_path, caplog):
    caplog.set_level(logging.DEBUG, logger="headrace")
    frame = hr.from_dict({"a": [1.0, 3.0]})
    pipeline = hr.Pipeline(
        "two", frame, features=[f.Feature("a", transforms=f.Standardize())],
        outputs=[{"path": str(tmp_path / "out"), "format": "parquet"}],
    )  # fmt: skip
    result = pipeline.run()
    level, begins = messages(caplog)[0]
    assert (level, begins) == ("INFO", "pipeline 'two': run begins")
    assert messages(caplog)[1] == ("INFO", f"pipeline 'two': wrote {tmp_path}/out (parquet): 2 rows in 1 shards")
    assert messages(caplog)[2][1].startswith(f"pipeline 'two': run {result.report['run_id']} ended in ")
    fitted = pipeline.fit()
    assert messages(caplog)[-1] == ("INFO", f"pipeline 'two': fitted state {fitted.digest}")
    frame.collect()
    assert messages(caplog)[-1] == ("DEBUG", "collected 2 rows")


def test_rows_that_are_missing_are_a_warning(tmp_path, caplog):
    (tmp_path / "rows.csv").write_text("a\n1\nx\ny\n2\n")
    frame = hr.scan_csv(tmp_path / "rows.csv", schema={"a": "int64"}, on_error="quarantine")
    frame.sink_parquet(tmp_path / "out")
    warnings = [text for level, text in messages(caplog) if level == "WARNING"]
    assert len(warnings) == 1
    assert warnings[0].endswith("source 'rows': 4 rows read, 2 quarantined")


def test_a_program_that_asks_for_nothing_hears_nothing(python_with_headrace, tmp_path):
    command, environment = python_with_headrace
    (tmp_path / "rows.csv").write_text("a\n1\nx\n")
    program = (
        "import headrace as hr, sys; "
        "hr.scan_csv(sys.argv[1], schema={'a': 'int64'}, on_error='quarantine').sink_parquet(sys.argv[2])"
    )
    done = subprocess.run(
        [*command, "-c", program, tmp_path / "rows.csv", tmp_path / "out"],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
