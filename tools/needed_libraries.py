"""Takes the names of libraries that are not there out of the shared libraries that say they need them.

A library built for many uses often names others that nothing in it calls; where such a one is left out, the loader
would refuse the library that names it. ELF files of 64 bits, little-endian, are changed. Standard library only.
"""

import struct
import subprocess
from pathlib import Path

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
ENTRY = struct.Struct("<qQ")
LOAD, DYNAMIC = 1, 2
DT_NULL, DT_NEEDED, DT_STRTAB = 0, 1, 5


class Library:
    """The dynamic section of a shared library: its place in the file and its entries, tag and value."""

    def __init__(self, content: bytes) -> None:
        header = HEADER.unpack_from(content)
        offset, size, count = header[5], header[9], header[10]
        segments = [SEGMENT.unpack_from(content, offset + i * size) for i in range(count)]
        self.loads = [segment for segment in segments if segment[0] == LOAD]
        self.place, length = next((s[2], s[5]) for s in segments if s[0] == DYNAMIC)
        places = range(self.place, self.place + length, ENTRY.size)
        self.entries = [ENTRY.unpack_from(content, place) for place in places]
        names = self.offset_of(next(value for tag, value in self.entries if tag == DT_STRTAB))
        self.needed = {
            value: content[names + value : content.index(b"\0", names + value)].decode()
            for tag, value in self.entries
            if tag == DT_NEEDED
        }

    def offset_of(self, address: int) -> int:
        return next(s[2] + address - s[3] for s in self.loads if s[3] <= address < s[3] + s[5])

    def without(self, missing: set[str]) -> bytes:
        """The bytes of the dynamic section without the names in `missing`."""
        kept = [e for e in self.entries if e[0] != DT_NEEDED or self.needed[e[1]] not in missing]
        kept += [(DT_NULL, 0)] * (len(self.entries) - len(kept))
        return b"".join(ENTRY.pack(*entry) for entry in kept)


def libraries_of_system() -> set[str]:
    """The names of the libraries that the loader finds by itself."""
    for command in ("ldconfig", "/sbin/ldconfig"):
        try:
            lines = subprocess.run([command, "-p"], capture_output=True, text=True, check=True).stdout.splitlines()
        except (OSError, subprocess.CalledProcessError):
            continue
        return {line.split()[0] for line in lines if "=>" in line}
    return set()


def drop_missing(root: Path) -> dict[str, set[str]]:
    """Takes names of libraries that are neither below `root` nor the system's out of the libraries below `root`.

    Returns the names that were taken out of each. It does not look whether a library calls one that is missing.
    """
    files = [path for path in root.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    there = libraries_of_system() | {path.name for path in root.rglob("*.so*")}
    dropped = {}
    for path in files:
        content = path.read_bytes()
        if content[:6] != b"\x7fELF\x02\x01":
            continue
        library = Library(content)
        missing = set(library.needed.values()) - there
        if missing:
            dropped[path.name] = missing
            with path.open("r+b") as stream:
                stream.seek(library.place)
                stream.write(library.without(missing))
    return dropped
