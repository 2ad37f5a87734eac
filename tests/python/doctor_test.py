"""`headrace doctor`, by the program and by Python; and what calls say whose package is missing."""

import importlib.metadata
import json
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import HEADRACE, ROOT

# Packages are hidden from Python: a name that is None in sys.modules cannot be imported.
MISSING = """
import sys
import headrace as hr
df = hr.from_dict({"a": [1]}).collect()
sys.modules[sys.argv[1]] = None
try:
    eval(sys.argv[2])
except hr.MissingPackageError as error:
    assert isinstance(error, ImportError)
    print(error.message, "|", error.hint)
"""


def doctor(command, environment=None):
    done = subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_the_program_tells_of_itself_and_the_machine():
    code, out, _ = doctor([HEADRACE, "doctor"])
    assert code == 0
    names = [line[:14].strip() for line in out.splitlines()]
    assert names == ["headrace", "arrow", "processors", "memory", "spill folder"]
    found = json.loads(doctor([HEADRACE, "doctor", "--output", "json"])[1])
    assert found["status"] == "ok"
    assert found["arrow"] == importlib.metadata.version("pyarrow")


def test_a_folder_that_cannot_be_written_to_is_named_with_what_to_do():
    code, out, err = doctor([HEADRACE, "doctor", "--spill-dir", "/proc/none"])
    assert code == 1
    assert "spill folder  /proc/none, PROBLEM: " in out
    assert "--spill-dir or by the environment variable TMPDIR" in err


def test_python_adds_the_packages_that_are_there_and_how_to_get_the_others(installed):
    environment = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"}
    python = [sys.executable, "-m", "headrace", "doctor"]
    code, out, _ = doctor(python, environment)
    assert code == 0
    assert f"package       headrace in {installed / 'headrace'}, Arrow is that of pyarrow" in out
    packages = json.loads(doctor([*python, "--output", "json"], environment)[1])["python"]["packages"]
    assert packages["pyarrow"] == {"version": importlib.metadata.version("pyarrow")}
    assert packages["tqdm"] == {"version": importlib.metadata.version("tqdm")}
    assert packages["pyspark"] == {"install": 'pip install "headrace[spark]"'}
    assert doctor([*python, "--threads"], environment)[0] == 2
    assert "Examples:" in doctor([*python, "--help"], environment)[1]


def test_extras_are_those_that_messages_name():
    from headrace._optional import EXTRAS

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    everything = extras.pop("all")
    assert set(EXTRAS.values()) == set(extras)
    assert everything == [f"headrace[{','.join(extras)}]"]


@pytest.mark.parametrize(
    ("module", "call", "text"),
    [
        (
            "pandas",
            "df.to_pandas()",
            'to_pandas() needs pandas, which is not installed | pip install "headrace[pandas]"',
        ),
        (
            "polars",
            "df.to_polars()",
            'to_polars() needs polars, which is not installed | pip install "headrace[polars]"',
        ),
        (
            "tqdm",
            "df.lazy().collect(progress=True)",
            'progress=True needs tqdm, which is not installed | pip install "headrace[progress]"',
        ),
        (
            "graphviz",
            "df.lazy().show_graph()",
            'drawing a plan needs graphviz, which is not installed | pip install "headrace[viz]"',
        ),
        (
            "sklearn",
            "__import__('headrace.sklearn')",
            'headrace.sklearn needs sklearn, which is not installed | pip install "headrace[sklearn]"',
        ),
    ],
)
def test_a_call_without_its_package_names_the_command(python_with_headrace, module, call, text):
    command, environment = python_with_headrace
    code, out, err = doctor([*command, "-c", MISSING, module, call], environment)
    assert code == 0, err
    assert out.strip() == text
