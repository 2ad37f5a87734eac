"""The types of the package: everything public has one, and no code contradicts its own."""

import json
import os
import subprocess
import sys

from tests.conftest import ROOT

CHECKER = ROOT / "build/envs/types/bin/basedpyright"


def check(installed, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [CHECKER, "--pythonpath", sys.executable, "--outputjson", *arguments]
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_all_that_is_public_has_a_type(installed):
    """But what derives from classes of libraries that tell no types, or that need not be there."""
    report = check(installed, "--verifytypes", "headrace", "--ignoreexternal")["typeCompleteness"]
    assert report["packageRootDirectory"] == str(installed / "headrace")
    others = ("headrace.sklearn.", "headrace.spark.", "headrace.torch.", "headrace.tensorflow.")
    symbols = [symbol for symbol in report["symbols"] if not symbol["name"].startswith(others)]
    assert len(symbols) > 300
    assert [symbol["name"] for symbol in symbols if not symbol["isTypeKnown"]] == []


def test_the_package_does_what_its_types_say(installed, tmp_path):
    project = tmp_path / "pyrightconfig.json"
    settings = {"typeCheckingMode": "standard", "reportMissingImports": "none"}  # what is only needed when it is there
    project.write_text(json.dumps({"include": [str(installed / "headrace")], **settings}))
    report = check(installed, "-p", project)
    assert report["summary"]["filesAnalyzed"] > 5
    errors = [f"{d['file']}: {d['message']}" for d in report["generalDiagnostics"] if d["severity"] == "error"]
    assert errors == []
