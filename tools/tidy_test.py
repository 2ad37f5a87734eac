"""Each rule of tools/tidy.py, shown to let good code pass and to fail on one seeded violation."""

import pytest

from tools import tidy

LAYERS = """
headrace_layer(base LIBS fmt::fmt)
headrace_layer(column DEPS base LIBS Headrace::arrow)
headrace_layer(kernel DEPS column base
  LIBS xxhash)
headrace_layer(exec DEPS kernel column base)
headrace_layer(frame DEPS exec kernel column base)
"""
GOOD_SOURCE = "// Adds numbers.\n#include <vector>\n"
GOOD_HEADER = "// Adds numbers.\n#pragma once\n#include <vector>\n"


def messages(files: dict[str, str], layers: str = LAYERS) -> list[str]:
    """The findings of a tree with these files, as `path:line: message`."""
    tree = {tidy.LAYER_FILE: layers, **files}
    return [str(finding) for finding in tidy.check(tidy.SourceFile(path, text) for path, text in tree.items())]


def only(files: dict[str, str], layers: str = LAYERS) -> str:
    """The one finding of a tree."""
    found = messages(files, layers)
    assert len(found) == 1, found
    return found[0]


def test_layers_are_read_with_and_without_libraries_and_over_line_ends():
    layers = tidy.read_layers(LAYERS)
    assert layers["base"] == {"base"}
    assert layers["column"] == {"column", "base"}
    assert layers["kernel"] == {"kernel", "column", "base"}
    assert layers["cli"] == {"cli", "frame", "base"}


def test_the_real_build_file_names_every_layer():
    layers = tidy.read_layers((tidy.ROOT / tidy.LAYER_FILE).read_text())
    assert {"base", "column", "kernel", "expr", "plan", "feature", "io", "exec", "feed", "frame"} <= set(layers)
    assert "io" not in layers["feature"]


def test_good_files_pass():
    files = {
        "src/headrace/kernel/add.cc": '// See add.h.\n#include "headrace/kernel/add.h"\n',
        "src/headrace/kernel/add.h": '// Adds.\n#pragma once\n#include "headrace/column/column.h"\n',
        "src/headrace/column/column.h": "// A column.\n#pragma once\n#include <arrow/array.h>\n",
        "src/headrace/exec/scheduler.cc": "// Runs.\n#include <thread>\nstd::thread t;\n",
        "src/headrace/headrace.h": '// The public API.\n#pragma once\n#include "headrace/frame/frame.h"\n',
        "src/headrace/cli/main.cc": '// The program.\n#include "headrace/base/error.h"\n',
    }
    assert messages(files) == []


def header(include: str) -> str:
    return f"// A file.\n#pragma once\n{include}\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "src/headrace/column/a.h",
            header('#include "headrace/kernel/b.h"'),
            "a.h:3: error: column may not include kernel",
        ),
        ("src/headrace/column/a_test.cc", '// T.\n#include "headrace/exec/b.h"\n', "column may not include exec"),
        ("src/headrace/cli/a.h", header('#include "headrace/exec/b.h"'), "cli may not include exec"),
        ("src/headrace/headrace.h", header('#include "headrace/base/error.h"'), "public header may not include base"),
        ("src/headrace/exec/a.h", header('#include "headrace/kernel/b_internal.h"'), "internal to layer kernel"),
        ("src/headrace/exec/a.h", header('#include "b.h"'), "is not a path from src"),
        ("src/headrace/exec/a.h", header('#include "tests/b.h"'), "is not a path from src"),
        ("src/headrace/exec/a.h", header('#include "headrace/../fuzz/b.h"'), "is not a path from src"),
        ("src/headrace/exec/a.h", header("#include <headrace/base/b.h>"), "our own headers are included as"),
        ("src/headrace/other/a.h", header(""), "'other' is no layer"),
        ("src/headrace/kernel/a.h", header("#include <arrow/array.h>"), "belongs to column, io only"),
        ("src/headrace/kernel/a.h", header("#include <parquet/types.h>"), "belongs to column, io only"),
        ("src/headrace/exec/a.h", header("#include <nanobind/nanobind.h>"), "belongs to python only"),
        ("src/headrace/kernel/a.h", header("#include <thread>"), "belongs to base, exec, feed only"),
        ("src/headrace/kernel/a.h", header("#include <mutex>"), "belongs to base, cli, exec, feed, io, python only"),
        ("src/headrace/kernel/a.h", header("std::jthread worker;"), "std::jthread belongs to base, exec, feed only"),
        ("src/headrace/kernel/Adder.h", GOOD_HEADER, "is not snake_case"),
        ("src/headrace/kernel/string_utils.h", GOOD_HEADER, "'utils' says nothing"),
        ("src/headrace/kernel/a.h", header("class TaskManager {};"), "'TaskManager' says nothing"),
        ("src/headrace/kernel/a.cc", "#include <vector>\n", "opens with a // comment"),
        ("src/headrace/kernel/a.h", "// A file.\n#include <vector>\n", "#pragma once"),
        ("src/headrace/kernel/a.h", "// A file.\n#ifndef A_H\n#define A_H\n#endif\n", "#pragma once"),
        ("src/headrace/kernel/a.cc", "// " + "x" * 118 + "\n", "line of 121 characters"),
        ("tools/a.py", "# " + "x" * 119 + "\n", "line of 121 characters"),
        ("src/headrace/kernel/a.cc", "// A.\n\tint x;\n", "a.cc:2: error: tab"),
        ("README.md", "one \ntwo\n", "README.md:1: error: blank at the end"),
        ("README.md", "one", "no newline at the end"),
        ("README.md", "in /ho" + "me/somebody/headrace\n", "is a path of one machine"),
        ("src/headrace/kernel/a.cc", "// A.\n// TO" + "DO: the rest\n", "finish it"),
        ("src/headrace/kernel/a.cc", "// A.\n" * 601, "601 lines: guidance is 300, the limit 600"),
        ("src/headrace/kernel/a.h", GOOD_HEADER + "// A.\n" * 300, "guidance is 150, the limit 300"),
    ],
)
def test_a_violation_is_found(path: str, text: str, expected: str):
    assert expected in only({path: text})


def test_a_file_over_its_guidance_only_warns():
    assert "warning: 301 lines" in only({"src/headrace/kernel/a.cc": "// A.\n" * 301})


def test_threads_may_be_named_in_comments_and_their_ids_anywhere():
    text = "// A file.\n// std::thread is not used\nstd::thread::id owner;\n"
    assert messages({"src/headrace/kernel/a.cc": text}) == []


def test_a_layer_that_depends_on_a_later_one_is_found():
    assert "layer base depends on column" in only({}, LAYERS.replace("(base LIBS", "(base DEPS column LIBS"))


def test_data_keeps_its_blanks_and_long_lines():
    assert messages({"tests/cases/a/b.case": "a\tb \n" + "x" * 200}) == []


FUNCTION = "// abs\nconst Function kAbs = {\n};\n"


@pytest.mark.parametrize("table", ["// Table.\n", "// Table.\nconst Function* t[] = {&kAbsolute};\n", None])
def test_a_function_outside_the_table_is_found(table: str | None):
    layers = LAYERS.replace("headrace_layer(exec", "headrace_layer(expr DEPS base)\nheadrace_layer(exec")
    files = {"src/headrace/expr/function/abs.cc": FUNCTION}
    if table is not None:
        files["src/headrace/expr/function/functions.cc"] = table
    assert "abs.cc:2: error: kAbs is not listed in src/headrace/expr/function/functions.cc" in only(files, layers)


def test_a_function_in_the_table_passes():
    layers = LAYERS.replace("headrace_layer(exec", "headrace_layer(expr DEPS base)\nheadrace_layer(exec")
    table = "// Table.\nextern const Function kAbs;\nconst Function* const kTable[] = {&kAbs};\n"
    files = {
        "src/headrace/expr/function/abs.cc": FUNCTION,
        "src/headrace/expr/function/functions.cc": table,
    }
    assert messages(files, layers) == []


def test_a_table_whose_constants_the_check_cannot_see_is_found():
    files = {"src/headrace/expr/function/functions.cc": "// Table.\n"}
    layers = LAYERS.replace("headrace_layer(exec", "headrace_layer(expr DEPS base)\nheadrace_layer(exec")
    assert "this check sees nothing" in only(files, layers)
