"""The page of error codes says what the code says, and each of its examples has the code that it stands under."""

import re

import pytest
from headrace._errors import make_error

import headrace as hr
from tests.conftest import ROOT

PAGE = (ROOT / "docs/reference/errors.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
WITHOUT_EXAMPLE = {"cancelled", "internal"}


def cases(file, function):
    """Constants and what a switch of the C++ sources returns for them; "" is its default."""
    text = (ROOT / "src/headrace" / file).read_text()
    body = re.search(rf"{function}\(ErrorCode code\) {{\n(.*?)\n}}", text, re.DOTALL)[1]
    return {name or "": value for name, value in re.findall(r"(?:case ErrorCode::(\w+)|default): return (.*?);", body)}


NAMES = {constant: name.strip('"') for constant, name in cases("base/error.cc", "code_name").items()}
CODES = list(NAMES.values())


def test_the_names_are_those_of_the_enumeration():
    header = (ROOT / "src/headrace/base/error.h").read_text()
    constants = re.findall(
        r"^  (k\w+),", re.search(r"enum class ErrorCode {(.*?)}", header, re.DOTALL)[1], re.MULTILINE
    )
    assert list(NAMES) == constants
    assert len(constants) == 10


def test_the_table_has_a_line_for_each_code():
    header = (ROOT / "src/headrace/cli/options.h").read_text()
    exit_names = cases("cli/options.cc", "exit_code_of")
    exit_codes = dict(re.findall(r"(k\w+) = (\d+)", re.search(r"enum class ExitCode {(.*?)}", header)[1]))
    expected = []
    for constant, name in NAMES.items():
        error = type(make_error(name, "", "", []))
        assert error.code == name
        also = [base.__name__ for base in error.__bases__ if base is not hr.HeadraceError]
        exit_code = exit_codes[exit_names.get(constant, exit_names[""]).removeprefix("ExitCode::")]
        expected.append((name, error.__name__, also[0] if also else "", exit_code))
    rows = re.findall(r"^\| \[`(\w+)`\]\(#\1\) \| `hr\.(\w+)` \| (?:`(\w+)` )?\| (\d+) \|", PAGE, re.MULTILINE)
    assert rows == expected


@pytest.mark.parametrize("code", CODES)
def test_a_section_says_how_to_mend_it_and_shows_one(code):
    section = SECTIONS[code]
    assert "**Fix.**" in section
    shown = re.search(r"```text\n(\w+)\n", section)
    assert (shown is None) == (code in WITHOUT_EXAMPLE)
    if shown:
        assert shown[1] == code


def test_there_are_no_other_sections():
    assert list(SECTIONS) == CODES
