"""What tools/wrap_comments.py does with lines that are too long, and what it leaves alone."""

import pytest

from tools import wrap_comments

LONG = "word " * 23 + "ends here"  # 124 characters with the head


def wrap(*lines: str) -> list[str]:
    return wrap_comments.wrap(list(lines))


@pytest.mark.parametrize(
    "lines",
    [
        ["// short", "", "int x;"],
        ["//   drawn  |  table", "//   a      |  b"],
        ["int x;  // " + LONG],
        ["// " + "x" * 130],
    ],
)
def test_what_fits_or_cannot_be_broken_stays(lines: list[str]):
    assert wrap(*lines) == lines


def test_the_rest_of_a_long_line_goes_to_the_head_of_the_next():
    assert wrap("// " + LONG, "// next.", "int x;") == ["// " + "word " * 22 + "word", "// ends here next.", "int x;"]


def test_the_next_line_keeps_a_deeper_indentation():
    assert wrap("/// " + LONG, "///      next.")[1] == "///      ends here next."


def test_the_rest_gets_a_line_of_its_own_at_the_end_of_a_paragraph():
    for after in ("//", "int x;", "// - an item"):
        assert wrap("//   " + LONG, after)[1:] == ["//   ends here", after]


def test_what_a_colon_announces_stays_as_drawn():
    assert wrap("// " + LONG + ":", "//   a | b")[1:] == ["// ends here:", "//   a | b"]


def test_an_item_of_a_list_hangs():
    assert wrap("  // - " + LONG)[1] == "  //   word ends here"


def test_every_line_fits_and_every_word_stays():
    text = ["// " + LONG * 5, "// " + LONG, "//   deeper " + LONG]
    wrapped = wrap(*text)
    assert max(map(len, wrapped)) <= wrap_comments.WIDTH
    words = " ".join(line.lstrip("/") for line in text).split()
    assert " ".join(line.lstrip("/") for line in wrapped).split() == words
