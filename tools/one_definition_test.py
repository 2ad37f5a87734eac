"""Tests of tools/one_definition.py."""

import subprocess
from pathlib import Path

import pytest

from tools import one_definition

PLAIN = "namespace headrace {{ {} bool is_plain(int x) {{ return x {} 0; }} {} }}\n"


@pytest.fixture
def build(tmp_path: Path):
    def compile_to_objects(*texts: str) -> list[Path]:
        objects = []
        for number, text in enumerate(texts):
            source = tmp_path / f"{number}.cc"
            source.write_text(text)
            objects.append(source.with_suffix(".o"))
            subprocess.run(["c++", "-c", "-O0", source, "-o", objects[-1]], check=True)
        return objects

    return compile_to_objects


def test_an_inline_function_that_another_file_defines_too_is_found(build):
    objects = build(PLAIN.format("", ">", ""), PLAIN.format("inline", "<", "bool use() { return is_plain(1); }"))
    doubles = one_definition.find_doubles(one_definition.read_symbols(objects))
    assert doubles == {"headrace::is_plain(int)": [str(path) for path in objects]}


def test_functions_of_one_file_each_and_inline_ones_of_a_header_are_fine(build):
    hidden = PLAIN.format("namespace {", ">", "} bool use1() { return is_plain(1); }")
    shared = [PLAIN.format("inline", "<", f"bool {name}() {{ return is_plain(1); }}") for name in ("use2", "use3")]
    assert one_definition.find_doubles(one_definition.read_symbols(build(hidden, *shared))) == {}


def test_a_folder_without_objects_is_a_finding(tmp_path, capsys):
    assert one_definition.main(tmp_path) == 1
    assert "build it first" in capsys.readouterr().out
