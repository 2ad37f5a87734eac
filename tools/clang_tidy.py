"""Run clang-tidy over our C++ sources, on all cores, and only over what changed since it last passed.

    tools/clang_tidy.py BUILD_FOLDER [--with-tests | --newest N]

Compile commands come from the build folder. They are written for g++: what clang does not know is dropped. A source is
looked at again when its text, a project header it includes, its command, or the list of checks is another than the last
time it passed; the digests of what passed lie in build/clang_tidy. With --newest, only the N sources that commits
changed last are looked at: what `make test` has time for. Standard library only.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PASSED = ROOT / "build/clang_tidy"
# The program itself: the script of that name in bin starts a Python for each source only to run it.
CLANG_TIDY = Path(sysconfig.get_path("purelib"), "clang_tidy/data/bin/clang-tidy")
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
# Flags of g++ alone, and warnings: those are the compiler's business.
DROPPED = re.compile(r"-W(?!l,)|-fno-sanitize|-fsanitize|-Winvalid-pch$")
# Flags that take the next word along: outputs, and the precompiled header.
WITH_VALUE = {"-o", "-include", "-MT", "-MF"}
# fmt checks format strings at compile time; the compiler does it, and clang refuses some that it accepts.
ADDED = ["-DFMT_CONSTEVAL=", "-Wno-everything"]


class Includes:
    """The project headers behind a source, followed by their text."""

    def __init__(self) -> None:
        self._direct: dict[Path, list[Path]] = {}

    def direct(self, path: Path) -> list[Path]:
        if path not in self._direct:
            headers = [ROOT / "src" / name.decode() for name in INCLUDE.findall(path.read_bytes())]
            self._direct[path] = [header for header in headers if header.is_file()]
        return self._direct[path]

    def closure(self, source: Path) -> list[Path]:
        seen = {source}
        pending = [source]
        while pending:
            for header in self.direct(pending.pop()):
                if header not in seen:
                    seen.add(header)
                    pending.append(header)
        return sorted(seen)


def clang_command(entry: dict[str, str]) -> list[str]:
    """The arguments of the compiler, without its name, its launcher, output, precompiled header and g++'s own flags."""
    words = shlex.split(entry["command"])
    start = next(index for index, word in enumerate(words) if re.search(r"(g\+\+|c\+\+)(-\d+)?$", word)) + 1
    kept: list[str] = []
    skip = False
    for word in words[start:]:
        if skip:
            skip = False
        elif word in WITH_VALUE:
            skip = True
        elif word not in ("-c", "-MD", entry["file"]) and not DROPPED.match(word):
            kept.append(word)
    return kept


def digest_of(source: Path, command: list[str], includes: Includes) -> str:
    hasher = hashlib.sha256()
    for part in (
        (ROOT / ".clang-tidy").read_bytes(),
        (ROOT / "requirements.lock").read_bytes(),
        *map(str.encode, command),
    ):
        hasher.update(part + b"\0")
    for path in includes.closure(source):
        hasher.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return hasher.hexdigest()


@dataclass(frozen=True)
class Job:
    source: Path
    command: list[str]
    stamp: Path
    digest: str

    def run(self) -> str:
        """What clang-tidy has to say; nothing when it is content, which the stamp then remembers."""
        arguments = [CLANG_TIDY, "--quiet", self.source, "--", *self.command, *ADDED]
        done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            self.stamp.write_text(self.digest)
            return ""
        return done.stdout.strip() or done.stderr.strip()


def is_test(source: Path) -> bool:
    return source.stem.endswith(("_test", "_bench")) or source.is_relative_to(ROOT / "fuzz")


def is_ours(source: Path) -> bool:
    """Whether a source is one of the project: not made by a build, and not of a library in .venv."""
    if ROOT not in source.parents or not source.is_file():
        return False
    top = source.relative_to(ROOT).parts[0]
    return top != "build" and not top.startswith(".")


def newest_sources(count: int) -> set[Path]:
    """The sources that were changed last: those not committed yet, then commit by commit; without git, any."""
    commands = (
        ["git", "ls-files", "-mo", "--exclude-standard"],
        ["git", "log", "--format=", "--name-only", "-n", "500"],
    )
    newest: list[Path] = []
    for command in commands:
        done = subprocess.run([*command, "--", "src/*.cc"], cwd=ROOT, capture_output=True, text=True, check=False)
        newest += [ROOT / name for name in done.stdout.splitlines()]
    newest += sorted(ROOT.glob("src/**/*.cc"))
    known = dict.fromkeys(path for path in newest if path.is_file() and not is_test(path))
    return set(list(known)[:count])


def main(build: Path, with_tests: bool, newest: int | None) -> int:
    entries = json.loads((build / "compile_commands.json").read_text())
    includes = Includes()
    count = 0
    jobs: list[Job] = []
    wanted = newest_sources(newest) if newest is not None else None
    for entry in entries:
        source = Path(entry["file"])
        if not is_ours(source) or (wanted is not None and source not in wanted):
            continue
        if is_test(source) and not with_tests:
            continue
        count += 1
        command = clang_command(entry)
        stamp = PASSED / str(source.relative_to(ROOT)).replace("/", "__")
        digest = digest_of(source, command, includes)
        if not stamp.is_file() or stamp.read_text() != digest:
            jobs.append(Job(source, command, stamp, digest))
    PASSED.mkdir(parents=True, exist_ok=True)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for complaint in pool.map(Job.run, jobs):
            if complaint:
                failures += 1
                print(complaint, flush=True)
    print(f"clang-tidy: {count} sources, {len(jobs)} looked at, {failures} with findings")
    return 1 if failures else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--with-tests", action="store_true")
    parser.add_argument("--newest", type=int, metavar="N")
    given = parser.parse_args()
    sys.exit(main(given.build, given.with_tests, given.newest))
