"""How tools/clang_tidy.py turns g++ commands into clang's, what it takes for a reason to look again, and for new."""

import subprocess
from pathlib import Path

import pytest

from tools import clang_tidy


def command(text: str) -> list[str]:
    return clang_tidy.clang_command({"command": text, "file": "/src/a.cc"})


def test_launcher_output_and_flags_of_the_compiler_alone_are_dropped():
    text = "/usr/bin/ccache /usr/bin/c++ -DX -I/src -O2 -Wall -Winvalid-pch -std=c++20 -include /b/pch.hxx -MD -MT a.o"
    assert command(text + " -MF a.o.d -o a.o -c /src/a.cc") == ["-DX", "-I/src", "-O2", "-std=c++20"]


def test_the_compiler_is_found_with_a_version_and_without_a_launcher():
    assert command("/usr/bin/g++-13 -DX -c /src/a.cc") == ["-DX"]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (".clang-tidy", "requirements.lock"):
        (tmp_path / name).write_text("x")
    folder = tmp_path / "src/headrace/base"
    folder.mkdir(parents=True)
    (folder / "a.cc").write_text('#include "headrace/base/a.h"\n')
    (folder / "a.h").write_text('#include "headrace/base/b.h"\n')
    (folder / "b.h").write_text('#include "headrace/base/a.h"\n')
    (folder / "other.h").write_text("")
    monkeypatch.setattr(clang_tidy, "ROOT", tmp_path)
    return tmp_path


def digest(tree: Path, *flags: str) -> str:
    return clang_tidy.digest_of(tree / "src/headrace/base/a.cc", list(flags), clang_tidy.Includes())


@pytest.mark.parametrize(
    "name", ["src/headrace/base/a.cc", "src/headrace/base/b.h", ".clang-tidy", "requirements.lock"]
)
def test_a_change_of_what_is_read_is_a_reason(tree: Path, name: str):
    before = digest(tree)
    (tree / name).write_text((tree / name).read_text() + "\n")
    assert digest(tree) != before


def test_a_change_of_the_command_is_a_reason_and_of_another_header_is_none(tree: Path):
    before = digest(tree)
    assert digest(tree, "-DX") != before
    (tree / "src/headrace/base/other.h").write_text("int x;\n")
    assert digest(tree) == before


def test_sources_of_libraries_and_of_builds_are_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clang_tidy, "ROOT", tmp_path)
    for name in ("src/a.cc", ".venv/lib/nanobind/b.cpp", "build/release/c.cc"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert clang_tidy.is_ours(tmp_path / "src/a.cc")
    assert not clang_tidy.is_ours(tmp_path / "src/missing.cc")
    assert not clang_tidy.is_ours(tmp_path / ".venv/lib/nanobind/b.cpp")
    assert not clang_tidy.is_ours(tmp_path / "build/release/c.cc")


def test_the_newest_sources_are_those_of_the_last_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clang_tidy, "ROOT", tmp_path)

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def write(name: str) -> Path:
        path = tmp_path / "src" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        return path

    assert clang_tidy.newest_sources(2) == set()
    first, second, third, test = (write(name) for name in ("z.cc", "y.cc", "x.cc", "x_test.cc"))
    assert clang_tidy.newest_sources(1) == {third}  # without git, by name
    git("init", "-q")
    for path in (first, second, third, test):
        git("add", str(path))
        git("commit", "-qm", path.name)
    assert clang_tidy.newest_sources(2) == {second, third}
    first.write_text("changed")
    assert clang_tidy.newest_sources(2) == {first, third}
    third.unlink()
    assert clang_tidy.newest_sources(9) == {first, second}
