"""A C++ program of somebody else: built against what `cmake --install` installs, and run."""

import subprocess

from tests.conftest import ROOT


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_program_finds_the_installed_library_and_runs(tmp_path):
    prefix, build = tmp_path / "prefix", tmp_path / "build"
    run("cmake", "--install", ROOT / "build/release", "--prefix", prefix)
    assert not (prefix / "headrace").exists(), "the Python package is no part of it"
    headers = {str(path.relative_to(prefix / "include")) for path in prefix.rglob("*.h")}
    assert "headrace/frame/headrace.h" in headers
    assert not any(header.startswith(("headrace/cli", "headrace/python")) for header in headers)

    run("cmake", "-S", ROOT / "tests/consumer", "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    sales = tmp_path / "sales.csv"
    sales.write_text("shop,amount\nb,3\na,5\nb,-9\nb,4\n")
    assert run(build / "consumer", sales) == "b 7\na 5\n"


def test_a_program_that_wants_another_version_is_told(tmp_path):
    prefix = tmp_path / "prefix"
    run("cmake", "--install", ROOT / "build/release", "--prefix", prefix, "--component", "cpp")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(Consumer LANGUAGES CXX)\n"
        "find_package(Headrace 99 CONFIG REQUIRED)\n"
    )
    command = ["cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode != 0
    assert 'compatible with requested version "99"' in done.stderr
