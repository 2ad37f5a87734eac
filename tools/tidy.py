"""Check the rules of the project that no compiler knows: layers, names, layout. The first stage of `make lint`.

    tools/tidy.py            all files that git knows or would add

A rule is a function from a file (or from all of them) to findings. Layers are read from the headrace_layer(...) lines
of src/headrace/CMakeLists.txt, which also make the link dependencies, so that the rule and the build cannot differ.
Exit code 1 when a rule is broken; sizes only warn until they are twice the guidance. Standard library only.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
LAYER_FILE = "src/headrace/CMakeLists.txt"
SOURCE_ROOT = "src/headrace/"

# Faces of the public C++ API. They are no layers of the library, so the build file does not list them as such.
FACES = {"cli": {"frame", "base"}, "python": {"frame", "column", "base"}}

# Who may include a header, by its path; `None` is any layer. The first match counts.
ARROW_LAYERS = {"column", "io"}
THREAD_LAYERS = {"base", "exec", "feed"}
HEADER_LAYERS: list[tuple[str, set[str], str]] = [
    (r"(arrow|parquet)/", ARROW_LAYERS, "Arrow stays behind Batch and the readers"),
    (r"nanobind/", {"python"}, "only the Python module knows Python"),
    (r"(thread|condition_variable|future|stop_token|semaphore|latch|barrier)$", THREAD_LAYERS, "threads start there"),
    (r"(mutex|shared_mutex|atomic)$", THREAD_LAYERS | {"io", "cli", "python"}, "they share state between threads"),
]
THREAD_TYPES = re.compile(r"\bstd::(thread|jthread|async)\b(?!::)")

# Open sets: a constant of the type, defined in a file of the folder, has to be listed in the table.
OPEN_SETS = [
    ("expr/function/", r"Function", "expr/function/functions.cc"),
    ("expr/aggregate/", r"Aggregate\w*", "expr/aggregate/aggregates.cc"),
    ("feature/", r"Transform\w*", "feature/transforms.cc"),
    ("io/", r"Format\w*", "io/formats.cc"),
]

BANNED_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "impl"}
BANNED_TYPES = re.compile(r"\b(?:class|struct|enum class)\s+(\w*(?:Utils?|Helpers?|Common|Misc|Manager|Impl))\b")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATHS = re.compile(r"/(?:home|Users)/\w+/|/(?:root|work)/|/tmp/(?:build)")

LINE_LENGTH_MAX = 120
SIZES = {".cc": (300, 600), ".h": (150, 300)}
CODE = {".cc", ".h"}
LINED = CODE | {".py", ".cmake"}
# Bytes that are data: blanks may be part of their meaning.
DATA = {".case", ".csv", ".tsv", ".jsonl", ".lock", ".svg"}


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    message: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'error' if self.fatal else 'warning'}: {self.message}"


@dataclass
class SourceFile:
    path: str  # from the root of the project, with slashes
    text: str
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.text.splitlines()

    @property
    def name(self) -> PurePosixPath:
        return PurePosixPath(self.path)

    @property
    def layer(self) -> str | None:
        """The folder below src/headrace, or None outside of one."""
        inside = self.path.removeprefix(SOURCE_ROOT)
        return inside.split("/")[0] if inside != self.path and "/" in inside else None

    def includes(self) -> Iterator[tuple[int, str, str]]:
        """Line number, opening sign and path of every #include."""
        for number, line in enumerate(self.lines, 1):
            if found := re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line):
                yield number, found[1], found[2]


def read_layers(build_file: str) -> dict[str, set[str]]:
    """What each layer may include: its DEPS, the faces' fixed sets, and everybody itself."""
    layers = {}
    for name, arguments in re.findall(r"^headrace_layer\((\w+)([^)]*)\)", build_file, re.MULTILINE):
        deps = re.search(r"\bDEPS\s+((?:\w+\s*)+?)(?=\bLIBS\b|$)", arguments)
        layers[name] = set(deps[1].split()) if deps else set()
    return {name: deps | {name} for name, deps in {**layers, **FACES}.items()}


# --- rules of one file ------------------------------------------------------------------------------------------------


def check_layers(file: SourceFile, layers: dict[str, set[str]]) -> Iterator[Finding]:
    """An include of "headrace/X/…" in layer Y needs X in the DEPS of Y."""
    if file.name.suffix not in CODE or not file.path.startswith(SOURCE_ROOT):
        return
    if file.layer is None:
        allowed = {"frame"}
    elif file.layer in layers:
        allowed = layers[file.layer]
    else:
        yield Finding(file.path, 1, f"folder {file.layer!r} is no layer: add a headrace_layer line to {LAYER_FILE}")
        return
    for line, sign, header in file.includes():
        if sign == "<":
            if header.startswith("headrace/"):
                yield Finding(file.path, line, f'our own headers are included as "{header}"')
            continue
        parts = header.split("/")
        if parts[0] != "headrace" or ".." in parts:
            yield Finding(file.path, line, f'{header!r} is not a path from src: write "headrace/<layer>/<file>.h"')
        elif len(parts) > 2 and parts[1] not in allowed:
            yield Finding(
                file.path,
                line,
                f"{file.layer or 'the public header'} may not include {parts[1]}: its DEPS in {LAYER_FILE} are "
                f"{' '.join(sorted(allowed - {file.layer})) or 'empty'}",
            )
        elif len(parts) > 2 and header.endswith("_internal.h") and parts[1] != file.layer:
            yield Finding(file.path, line, f"{header} is internal to layer {parts[1]}")


def check_restricted_headers(file: SourceFile, _: dict[str, set[str]]) -> Iterator[Finding]:
    """Arrow, nanobind and threads stay in the few layers that are about them."""
    if file.name.suffix not in CODE or file.layer is None:
        return
    for line, sign, header in file.includes():
        for pattern, allowed, reason in HEADER_LAYERS:
            if sign == "<" and re.match(pattern, header):
                if file.layer not in allowed:
                    yield Finding(file.path, line, f"<{header}> belongs to {', '.join(sorted(allowed))} only: {reason}")
                break
    if file.layer not in THREAD_LAYERS:
        for number, line in enumerate(file.lines, 1):
            if found := THREAD_TYPES.search(line.split("//")[0]):
                layers = ", ".join(sorted(THREAD_LAYERS))
                yield Finding(file.path, number, f"{found[0]} belongs to {layers} only: threads start there")


def check_names(file: SourceFile, _: dict[str, set[str]]) -> Iterator[Finding]:
    """File names are snake_case and name the thing inside; so do type names."""
    if file.name.suffix not in CODE | {".py"}:
        return
    if not re.fullmatch(r"_?[a-z][a-z0-9]*(_[a-z0-9]+)*|__\w+__", file.name.stem):
        yield Finding(file.path, 1, f"file name {file.name.name!r} is not snake_case")
    words = {word for part in PurePosixPath(file.path).with_suffix("").parts for word in part.split("_")}
    for word in sorted(words & BANNED_NAMES):
        yield Finding(file.path, 1, f"{word!r} says nothing in a file name: name the thing inside")
    for number, line in enumerate(file.lines, 1):
        if file.name.suffix in CODE and (found := BANNED_TYPES.search(line.split("//")[0])):
            yield Finding(file.path, number, f"type name {found[1]!r} says nothing: name what it is")


def check_layout(file: SourceFile, _: dict[str, set[str]]) -> Iterator[Finding]:
    """Line length, blanks, the opening comment, and the guard of a header."""
    suffix = file.name.suffix
    if suffix in CODE and not file.text.startswith("// "):
        yield Finding(file.path, 1, "a file opens with a // comment: what it is, how it works, why this way")
    if suffix == ".h":
        directives = [line.strip() for line in file.lines if line.startswith("#")]
        if not directives or directives[0] != "#pragma once":
            yield Finding(file.path, 1, "the first directive of a header is #pragma once")
    if suffix in DATA:
        return
    for number, line in enumerate(file.lines, 1):
        if (suffix in LINED or file.name.name == "CMakeLists.txt") and len(line) > LINE_LENGTH_MAX:
            yield Finding(file.path, number, f"line of {len(line)} characters, at most {LINE_LENGTH_MAX}")
        if "\t" in line and file.name.name != "Makefile":
            yield Finding(file.path, number, "tab")
        if line != line.rstrip():
            yield Finding(file.path, number, "blank at the end of the line")
    if file.text and not file.text.endswith("\n"):
        yield Finding(file.path, len(file.lines), "no newline at the end of the file")


def check_words(file: SourceFile, _: dict[str, set[str]]) -> Iterator[Finding]:
    """Nothing unfinished in code, and no path of somebody's machine anywhere."""
    for number, line in enumerate(file.lines, 1):
        if found := MACHINE_PATHS.search(line):
            yield Finding(file.path, number, f"{found[0]!r} is a path of one machine")
        if file.name.suffix in CODE and (found := UNFINISHED.search(line)):
            yield Finding(file.path, number, f"{found[0]}: finish it, or write an issue")


def check_size(file: SourceFile, _: dict[str, set[str]]) -> Iterator[Finding]:
    """A file near its guidance is easy to read; twice that is split by concept."""
    if file.name.suffix in SIZES and file.path.startswith(SOURCE_ROOT):
        guide, limit = SIZES[file.name.suffix]
        count = len(file.lines)
        if count > guide:
            message = f"{count} lines: guidance is {guide}, the limit {limit}; split it by concept"
            yield Finding(file.path, 1, message, fatal=count > limit)


FILE_RULES: list[Callable[[SourceFile, dict[str, set[str]]], Iterator[Finding]]] = [
    check_layers,
    check_restricted_headers,
    check_names,
    check_layout,
    check_words,
    check_size,
]


# --- rules of the whole tree ------------------------------------------------------------------------------------------


def check_layer_order(layers: dict[str, set[str]]) -> Iterator[Finding]:
    """Dependencies point down the list: a layer only names layers above its own line, so there are no cycles."""
    seen: set[str] = set()
    for name, allowed in layers.items():
        for dep in sorted(allowed - {name} - seen):
            yield Finding(LAYER_FILE, 1, f"layer {name} depends on {dep}, which is not listed before it")
        seen.add(name)


def check_open_sets(files: list[SourceFile]) -> Iterator[Finding]:
    """Every function, transform and format that is defined is listed in its table."""
    by_path = {file.path: file for file in files}
    for folder, type_name, table_path in OPEN_SETS:
        table = by_path.get(SOURCE_ROOT + table_path)
        definition = re.compile(rf"^(?:extern )?const {type_name} (k\w+)\s*[{{=(]", re.MULTILINE)
        count = 0
        for file in files:
            if not file.path.startswith(SOURCE_ROOT + folder) or file.name.suffix != ".cc" or file is table:
                continue
            if file.name.stem.endswith(("_test", "_bench")):
                continue
            for found in definition.finditer(file.text):
                count += 1
                if table is None or not re.search(rf"&{found[1]}\b", table.text):
                    line = file.text.count("\n", 0, found.start()) + 1
                    yield Finding(file.path, line, f"{found[1]} is not listed in {SOURCE_ROOT}{table_path}")
        if table is not None and count == 0:
            yield Finding(table.path, 1, f"no `const {type_name} k…` is defined in {folder}: this check sees nothing")


# --- command line -----------------------------------------------------------------------------------------------------


def check(files: Iterable[SourceFile]) -> list[Finding]:
    """All findings of all rules, in the order of files and lines."""
    files = list(files)
    build_file = next((file.text for file in files if file.path == LAYER_FILE), "")
    layers = read_layers(build_file)
    findings = [*check_layer_order(layers), *check_open_sets(files)]
    for file in files:
        for rule in FILE_RULES:
            findings.extend(rule(file, layers))
    return sorted(findings)


def project_files(root: Path) -> Iterator[SourceFile]:
    """The text files that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for path in sorted(set(filter(None, listed.stdout.split("\0")))):
        if (root / path).is_file():
            try:
                yield SourceFile(path, (root / path).read_bytes().decode())
            except UnicodeDecodeError:
                continue


def main() -> int:
    findings = check(project_files(ROOT))
    for finding in findings:
        print(finding)
    errors = sum(finding.fatal for finding in findings)
    print(f"tidy: {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
