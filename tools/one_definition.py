"""Find functions that two files define by one name: the linker keeps one of them without a word.

    tools/one_definition.py BUILD_FOLDER

An inline function and another one of the same name and types in another header compile, link, and call each other's
body. Reads the symbols of all objects of src/headrace below BUILD_FOLDER, which should be a build without optimization,
where inline functions are still there. Exit code 1 when a function of the project is defined strongly in one object
and again in another. Two different inline functions of one name are not found.
"""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

STRONG = "T"
WEAK = "WV"
NAMESPACE = "headrace::"
OBJECTS_AT_ONCE = 50


def read_symbols(objects: list[Path]) -> Iterator[tuple[str, str, str]]:
    """(object, kind, symbol) of what is defined; symbols as C++ writes them."""
    for start in range(0, len(objects), OBJECTS_AT_ONCE):
        command = ["nm", "--demangle", "--defined-only", "--print-file-name", *objects[start : start + OBJECTS_AT_ONCE]]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        for line in lines:
            file, _, rest = line.partition(":")
            _, kind, symbol = rest.split(maxsplit=2)
            yield file, kind, symbol


def find_doubles(symbols: Iterable[tuple[str, str, str]]) -> dict[str, list[str]]:
    """The functions of the project that are defined more than once, strongly at least once, with their objects."""
    strong: dict[str, set[str]] = defaultdict(set)
    weak: dict[str, set[str]] = defaultdict(set)
    for file, kind, symbol in symbols:
        if symbol.startswith(NAMESPACE):
            if kind == STRONG:
                strong[symbol].add(file)
            elif kind in WEAK:
                weak[symbol].add(file)
    files = {symbol: strong[symbol] | weak.get(symbol, set()) for symbol in strong}
    return {symbol: sorted(found) for symbol, found in files.items() if len(found) > 1}


def built_objects(build: Path) -> list[Path]:
    """The objects of the library whose sources still exist: a build folder keeps those of removed ones."""
    objects = []
    for path in sorted((build / "src/headrace/CMakeFiles").glob("*.dir/**/*.cc.o")):
        if "_test.dir/" in path.as_posix() or "_bench.dir/" in path.as_posix():
            continue  # programs of their own
        source = Path(*path.parts[path.parts.index("CMakeFiles") + 2 :]).with_suffix("")
        if (Path("src/headrace") / source).exists():
            objects.append(path)
    return objects


def main(build: Path) -> int:
    objects = built_objects(build)
    if not objects:
        print(f"one_definition: no objects of src/headrace in {build}: build it first")
        return 1
    doubles = find_doubles(read_symbols(objects))
    for symbol, files in doubles.items():
        print(f"{symbol} is defined more than once: rename one, or share it\n  " + "\n  ".join(files[:4]))
    return 1 if doubles else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
