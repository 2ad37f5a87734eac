"""Files in the page cache: there before a warm run, gone before a cold one."""

import os
import subprocess
from pathlib import Path


def pages_in_cache(files):
    """The bytes of files that are in the page cache; None where that cannot be told."""
    command = ["fincore", "--bytes", "--noheadings", "--output", "RES", *map(str, files)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return sum(map(int, done.stdout.split()))


def drop_from_cache(files):
    """Makes the next reading of the files cold; returns how. The programs that read should not be cold too, so the
    whole page cache goes only if the files do not go alone."""
    for file in files:
        with file.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if pages_in_cache(files) == 0:
        return "pages of the files dropped by posix_fadvise, none left"
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
        return "page cache dropped by drop_caches"
    except OSError:
        return "pages of the files dropped by posix_fadvise, some may be left"


def read_once(files):
    for file in files:
        with file.open("rb") as stream:
            while stream.read(1 << 24):
                pass
