"""Install what Headrace needs to build, to run its example and to be tested. `make setup` runs it without arguments.

    tools/setup.py                  system, venv, data, vega
    tools/setup.py system           compiler, CMake and C++ libraries, by apt where that is allowed
    tools/setup.py venv             .venv from requirements.lock
    tools/setup.py data             the tables of examples/flights
    tools/setup.py vega             build/downloads/vega.js, which run reports draw their charts with
    tools/setup.py env NAME         build/envs/NAME from NAME/requirements.lock of tests/envs or bench/envs: tools to
                                    compare with; `make test` installs the former only
    tools/setup.py jar NAME         build/downloads/NAME.jar of a line of tools/jars.lock: comet, rapids
    tools/setup.py browser          build/envs/chromium: Debian's Chromium, beside the system, for the tests of reports
    tools/setup.py lock             write the lock files again from their requirements.in

Every step is keyed on the content of what it was made from, so a second run only looks. Packages are accepted by
hash and only as wheels: installing runs no code of theirs. Standard library only, because it runs before anything is
there.
"""

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import urllib.request
import zipfile

PYTHON_OLDEST = (3, 11)
if sys.version_info < PYTHON_OLDEST:
    sys.exit(
        "setup: Python {}.{} runs this, Headrace needs 3.11 or newer: install one and give it as "
        "`make PYTHON=/path/to/python3.11 …`.".format(*sys.version_info[:2])
    )

from collections.abc import Callable  # noqa: E402  (the check above has to come first)
from pathlib import Path  # noqa: E402

from needed_libraries import drop_missing  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
ENVS = ROOT / "build/envs"
ENV_SOURCES = (ROOT / "tests/envs", ROOT / "bench/envs")
FLIGHTS = ROOT / "examples/flights"
FLIGHTS_TABLES = ("flights", "weather", "planes", "airports", "airlines")
UV_VERSION = "0.13.9"
# How a file of Debian packages begins that lists all of them.
ONLY_THESE = "# --only-these"
BROWSER_PACKAGES = ROOT / "tests/envs/chromium/debian-packages"
VEGA_LOCK = ROOT / "tools/vega.lock"
VEGA = ROOT / "build/downloads/vega.js"
NPM_REGISTRY = "https://registry.npmjs.org"
JARS_LOCK = ROOT / "tools/jars.lock"
DOWNLOADS = ROOT / "build/downloads"
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"

# What has to be there, by the Debian and Ubuntu package that brings it.
COMMANDS = {"g++": "g++", "cmake": "cmake", "ninja": "ninja-build"}
HEADERS = {
    "CLI/CLI.hpp": "libcli11-dev",
    "doctest/doctest.h": "doctest-dev",
    "fmt/format.h": "libfmt-dev",
    "isa-l/crc.h": "libisal-dev",
    "nlohmann/json.hpp": "nlohmann-json3-dev",
    "protozero/pbf_writer.hpp": "libprotozero-dev",
    "utf8proc.h": "libutf8proc-dev",
    "xxhash.h": "libxxhash-dev",
    "yaml-cpp/yaml.h": "libyaml-cpp-dev",
}
# Faster builds, micro-benchmarks, crashes at system calls. Installed along with the rest, never asked for.
OPTIONAL_PACKAGES = ("ccache", "mold", "libbenchmark-dev", "strace")


class SetupError(Exception):
    """Something a person has to do first. The message says what."""


class NotHereError(SetupError):
    """What an environment needs cannot be had on this machine."""


class MissingPythonError(NotHereError):
    """An environment needs a Python that this machine has not."""

    def __init__(self, version: str) -> None:
        super().__init__(f"there is no Python {version} with venv on this machine: install it, as python{version}")


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command in silence; when it fails, show what it said."""
    text = [str(part) for part in command]
    done = subprocess.run(text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, check=False)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise SetupError(f"`{' '.join(text)}` failed with exit code {done.returncode}:\n{tail}")


def digest(*parts: bytes | str) -> str:
    """A name for the content of the parts, in order."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "little") + data)
    return hasher.hexdigest()


def is_stamped(stamp: Path, key: str) -> bool:
    return stamp.is_file() and stamp.read_text() == key


# --- system -----------------------------------------------------------------------------------------------------------


def missing_packages() -> list[str]:
    """Names the packages whose command or header this machine does not have."""
    missing = [package for command, package in COMMANDS.items() if shutil.which(command) is None]
    if shutil.which("g++") is None:
        missing += HEADERS.values()
    else:
        probe = "".join(f"#if !__has_include(<{header}>)\nMISSING {header}\n#endif\n" for header in HEADERS)
        found = subprocess.run(
            ["g++", "-E", "-P", "-x", "c++", "-std=c++20", "-"], input=probe, capture_output=True, text=True, check=True
        )
        missing += [HEADERS[line.split()[1]] for line in found.stdout.splitlines() if line.startswith("MISSING ")]
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        missing.append("python3-dev")
    try:
        import ensurepip  # noqa: F401  (Debian and Ubuntu ship it apart, and venv needs it)
    except ImportError:
        missing.append("python3-venv")
    return missing


def apt_prefix() -> list[str] | None:
    """How to call apt-get as root, or None where that is not possible."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0:
        return sudo
    return None


def set_up_system() -> str:
    missing = missing_packages()
    if not missing:
        return "nothing to do"
    prefix = apt_prefix()
    if prefix is None:
        raise SetupError(
            "these system packages are missing, and installing them takes root or sudo without a password:\n"
            + "".join(f"  {package}\n" for package in missing)
            + f"On Debian or Ubuntu:  sudo apt-get install {' '.join(missing)}\n"
            + "On another system install what has the same content; then run make again."
        )
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    run(*apt, "update")
    run(*apt, "install", "--no-install-recommends", *missing)
    for package in OPTIONAL_PACKAGES:
        subprocess.run([*apt, "install", "--no-install-recommends", package], capture_output=True, check=False)
    still_missing = missing_packages()
    if still_missing:
        raise SetupError(f"apt-get installed, yet this is still not found: {', '.join(still_missing)}")
    return "installed " + " ".join(missing)


# --- Python environments ----------------------------------------------------------------------------------------------


def find_python(version: str) -> Path | None:
    """A Python of that version, such as "3.11", that can make environments; None where this machine has none."""
    if version == "{}.{}".format(*sys.version_info[:2]):
        return Path(sys.executable)
    for folder in os.get_exec_path():
        python = Path(folder, f"python{version}")
        probe = "import ensurepip, sys, venv; print('{}.{}'.format(*sys.version_info[:2]))"
        try:
            done = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if done.returncode == 0 and done.stdout.strip() == version:
            return python
    return None


def make_environment(folder: Path, lock: Path) -> str:
    """Makes `folder` a virtual environment that holds what `lock` lists; leaves a good one alone.

    Its Python is this one, or that of the version which the file python-version beside the lock names.
    """
    named = lock.with_name("python-version")
    version = named.read_text().strip() if named.is_file() else "{}.{}".format(*sys.version_info[:2])
    key = digest(lock.read_bytes(), version)
    stamp = folder / "lock.stamp"
    python = folder / "bin/python"
    if python.exists() and is_stamped(stamp, key):
        return "nothing to do"
    stamp.unlink(missing_ok=True)
    config = folder / "pyvenv.cfg"
    if not python.exists() or f"version = {version}." not in config.read_text():
        maker = find_python(version)
        if maker is None:
            raise MissingPythonError(version)
        run(maker, "-m", "venv", "--clear", folder)
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", lock)
    stamp.write_text(key)
    return f"installed {lock.relative_to(ROOT)}"


def set_up_venv() -> str:
    return make_environment(VENV, ROOT / "requirements.lock")


def set_up_env(name: str) -> str:
    locks = {lock.parent.name: lock for source in ENV_SOURCES for lock in source.glob("*/requirements.lock")}
    if name not in locks:
        raise SetupError(f"no environment {name!r}: it has no requirements.lock. Known: {', '.join(sorted(locks))}.")
    outcome = make_environment(ENVS / name, locks[name])
    archive_lock = locks[name].with_name("archive.lock")
    if archive_lock.is_file():
        outcome = unpack_package(archive_lock, ENVS / name)
    debian_packages = locks[name].with_name("debian-packages")
    if debian_packages.is_file():
        outcome = unpack_debian_packages(debian_packages, ENVS / name)
    return outcome


def set_up_env_if_possible(name: str) -> str:
    """set_up_env(), but an environment that needs what is not here may be missing; in CI it may not."""
    try:
        return set_up_env(name)
    except NotHereError as error:
        if os.environ.get("CI"):
            raise
        return f"left out, its tests are skipped: {error}"


def unpack_package(lock: Path, folder: Path) -> str:
    """Puts PySpark, which is published as a source archive only, where pip would have installed it."""
    key = digest(lock.read_bytes())
    stamp = folder / "archive.stamp"
    if is_stamped(stamp, key):
        return "nothing to do"
    set_up_venv()
    content = download_archive(lock, ROOT / "build/downloads")
    site_packages = next(folder.glob("lib/python*/site-packages"))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive.getmembers():
            top, *inner = member.name.split("/")[1:] or [""]
            if member.isfile() and (top == "pyspark" or inner[:1] in (["jars"], ["bin"])):
                member.name = "/".join(["pyspark", *inner])
                archive.extract(member, site_packages, filter="data")
    stamp.write_text(key)
    return f"unpacked {lock.relative_to(ROOT)}"


def unpack_debian_packages(names: Path, folder: Path) -> str:
    """Puts Debian packages, and what they need and the system has not, into `folder`/debian; apt checks signatures.

    The system stays as it is. The environment's Python, where there is one, finds their modules. Their libraries are
    found where LD_LIBRARY_PATH is the content of `folder`/debian.libraries. A file that begins with ONLY_THESE lists
    all packages that are unpacked; what their libraries name of others is taken out of them.
    """
    key = digest(names.read_bytes())
    stamp = folder / "debian.stamp"
    if is_stamped(stamp, key):
        return "nothing to do"
    if shutil.which("apt-get") is None:
        raise NotHereError(f"{names.relative_to(ROOT)} needs Debian's packages, and there is no apt-get")
    root = folder / "debian"
    shutil.rmtree(root, ignore_errors=True)
    listed = names.read_text()
    wanted = [line for line in listed.splitlines() if line and not line.startswith("#")]
    same = [stamp.parent for stamp in ENVS.glob("*/debian.stamp") if is_stamped(stamp, key)]
    if same:
        shutil.copytree(same[0] / "debian", root, symlinks=True, copy_function=os.link)
    else:
        root.mkdir(parents=True)
        download_debian_packages(names, wanted, listed.startswith(ONLY_THESE), root)
    libraries = sorted({str(path.parent) for path in root.rglob("*.so*")})
    (folder / "debian.libraries").write_text(":".join(libraries))
    for module in (name.removeprefix("python3-") for name in wanted if name.startswith("python3-")):
        site_packages = next(folder.glob("lib/python*/site-packages"))
        link = site_packages / module
        link.unlink(missing_ok=True)
        link.symlink_to(root / "usr/lib/python3/dist-packages" / module)
    stamp.write_text(key)
    done = f"linked those of {same[0].name}" if same else "unpacked packages"
    return f"{done} for {names.relative_to(ROOT)}"


def download_debian_packages(names: Path, wanted: list[str], only_these: bool, root: Path) -> None:
    """Unpacks to `root` what the system has not of the packages, and unless `only_these`, of what they need."""
    plan = ["apt-get", "install", "--simulate", "--no-install-recommends", *wanted]
    done = subprocess.run(plan, capture_output=True, text=True, check=False)
    packages = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("Inst ")]
    if done.returncode != 0 or (not only_these and not set(wanted) <= set(packages)):
        raise NotHereError(f"`{' '.join(plan)}` finds nothing to install: is `apt-get update` needed?\n{done.stderr}")
    if only_these:
        packages = [package for package in packages if package in wanted]
    with tempfile.TemporaryDirectory() as downloads:
        command = ["apt-get", "download", "-q", *packages]
        done = subprocess.run(command, cwd=downloads, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SetupError(f"`{' '.join(command)}` failed:\n{done.stderr}")
        for package in Path(downloads).glob("*.deb"):
            run("dpkg-deb", "--extract", package, root)
    if only_these:
        drop_missing(root)


def set_up_browser() -> str:
    """Chromium for the tests. Where it cannot be had they are skipped; in CI that is an error."""
    if browser := shutil.which("chromium") or shutil.which("google-chrome"):
        return f"the system has {browser}"
    try:
        return unpack_debian_packages(BROWSER_PACKAGES, ENVS / BROWSER_PACKAGES.parent.name)
    except SetupError as error:
        if os.environ.get("CI"):
            raise
        return f"left out, its tests are skipped: {error}"


def write_lock(source: Path) -> None:
    tool = ENVS / "lock"
    if not (tool / "bin/uv").exists():
        run(sys.executable, "-m", "venv", "--clear", tool)
        run(tool / "bin/python", "-m", "pip", "install", "-q", "--only-binary", ":all:", f"uv=={UV_VERSION}")
    lock = source.with_suffix(".lock")
    name = source.relative_to(ROOT)
    # Where a package asks for more than is used of it, its file lists all that is installed.
    extra = ["--no-deps"] if source.read_text().startswith("# lock: --no-deps\n") else []
    run(
        tool / "bin/uv", "pip", "compile", "-q", "--universal", "--python-version", "3.11", "--generate-hashes",
        "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", *extra, "-o", lock, source,
    )  # fmt: skip
    head = f"# Made by `make lock` from {name}: every wheel that may be installed, by hash. Do not edit.\n"
    lock.write_text(head + lock.read_text())


def write_locks() -> str:
    sources = [ROOT / "requirements.in"]
    sources += [path for folder in ENV_SOURCES for path in sorted(folder.glob("*/requirements.in"))]
    for source in sources:
        write_lock(source)
    return "wrote " + " ".join(str(source.with_suffix(".lock").relative_to(ROOT)) for source in sources)


# --- data -------------------------------------------------------------------------------------------------------------

# pip asks the build script of a source archive for its metadata even when it only downloads. This stand-in answers in
# its place, so that nothing of the archive is run.
STAND_IN_BACKEND = """
import pathlib
class Backend:
    def get_requires_for_build_wheel(self, config_settings=None):
        return []
    def prepare_metadata_for_build_wheel(self, directory, config_settings=None):
        folder = pathlib.Path(directory, "{file_name}-{version}.dist-info")
        folder.mkdir()
        folder.joinpath("METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        return folder.name
__legacy__ = Backend()
"""


def download_archive(lock: Path, folder: Path) -> bytes:
    """The content of the one source archive that `lock` pins by hash, downloaded to `folder` unless it is there."""
    requirement = next(line for line in lock.read_text().splitlines() if line and not line.startswith("#"))
    pin, pinned_hash = requirement.split(" --hash=sha256:")
    name, version = pin.split("==")
    file_name = name.replace("-", "_")
    path = folder / f"{file_name}-{version}.tar.gz"
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == pinned_hash:
        return path.read_bytes()
    path.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as stand_in:
        backend = Path(stand_in, "setuptools")
        backend.mkdir()
        (backend / "__init__.py").touch()
        (backend / "build_meta.py").write_text(STAND_IN_BACKEND.format(name=name, file_name=file_name, version=version))
        run(
            VENV / "bin/python", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", name, "--use-pep517",
            "--no-build-isolation", "--require-hashes", "-r", lock, "-d", folder,
            env={**os.environ, "PYTHONPATH": stand_in},
        )  # fmt: skip
    content = path.read_bytes()
    actual = hashlib.sha256(content).hexdigest()
    if actual != pinned_hash:
        raise SetupError(f"{path.relative_to(ROOT)} has sha256 {actual}, {lock.relative_to(ROOT)} pins {pinned_hash}")
    return content


def read_table(archive: tarfile.TarFile, table: str) -> bytes:
    """The bytes of one CSV file; the largest lies zipped in the archive."""
    for member in archive.getmembers():
        if member.name.endswith(f"/data/{table}.csv"):
            return archive.extractfile(member).read()
        if member.name.endswith(f"/data/{table}.csv.zip"):
            with zipfile.ZipFile(io.BytesIO(archive.extractfile(member).read())) as zipped:
                return zipped.read(f"{table}.csv")
    raise SetupError(f"{archive.name} holds no table {table!r}")


def set_up_data() -> str:
    lock = FLIGHTS / "requirements.lock"
    target = FLIGHTS / "data"
    key = digest(lock.read_bytes(), *FLIGHTS_TABLES)
    stamp = target / "data.stamp"
    if is_stamped(stamp, key) and all((target / f"{table}.csv").is_file() for table in FLIGHTS_TABLES):
        return "nothing to do"
    set_up_venv()
    content = download_archive(lock, ROOT / "build/downloads")
    stamp.unlink(missing_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for table in FLIGHTS_TABLES:
            (target / f"{table}.csv").write_bytes(read_table(archive, table))
    stamp.write_text(key)
    return f"unpacked {len(FLIGHTS_TABLES)} tables to {target.relative_to(ROOT)}"


# --- charts -----------------------------------------------------------------------------------------------------------


def npm_package(name: str, version: str, integrity: str) -> tarfile.TarFile:
    """The archive of an npm package, whose bytes have that integrity; NPM_CONFIG_REGISTRY names another registry."""
    registry = os.environ.get("NPM_CONFIG_REGISTRY", NPM_REGISTRY).rstrip("/")
    url = f"{registry}/{name}/-/{name}-{version}.tgz"
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            content = answer.read()
    except OSError as error:
        raise SetupError(f"cannot read {url}: {error}") from error
    actual = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if actual != integrity:
        raise SetupError(f"{url} has integrity {actual}, {VEGA_LOCK.relative_to(ROOT)} pins {integrity}")
    return tarfile.open(fileobj=io.BytesIO(content))


def set_up_vega() -> str:
    """Makes one script of the packages, each behind its licence."""
    key = digest(VEGA_LOCK.read_bytes())
    stamp = VEGA.with_suffix(".stamp")
    if VEGA.is_file() and is_stamped(stamp, key):
        return "nothing to do"
    script = ""
    for line in VEGA_LOCK.read_text().splitlines():
        if line.startswith("#"):
            continue
        name, version, file, integrity = line.split()
        with npm_package(name, version, integrity) as archive:
            licence, code = (archive.extractfile(f"package/{part}").read().decode() for part in ("LICENSE", file))
        code = "\n".join(part for part in code.splitlines() if not part.startswith("//# sourceMappingURL="))
        script += f"/*! {name} {version}\n\n{licence.strip()}\n*/\n{code.strip()}\n"
    VEGA.parent.mkdir(parents=True, exist_ok=True)
    if "</script" in script.lower() or "<!--" in script:
        raise SetupError(f"a package of {VEGA_LOCK.relative_to(ROOT)} cannot stand in a page: it ends a script element")
    VEGA.write_text(script)
    stamp.write_text(key)
    return f"wrote {VEGA.relative_to(ROOT)}"


# --- jars -------------------------------------------------------------------------------------------------------------

# Ivy looks for artifacts only: some of Maven Central's descriptions name parents that are not there.
IVY_SETTINGS = """
<ivysettings>
  <settings defaultResolver="maven"/>
  <caches defaultCacheDir="{cache}"/>
  <resolvers>
    <url name="maven" m2compatible="true">
      <artifact pattern="{repository}/[organisation]/[module]/[revision]/[artifact]-[revision](-[classifier]).[ext]"/>
    </url>
  </resolvers>
</ivysettings>
"""
IVY_DEPENDENCY = """
<ivy-module version="2.0" xmlns:m="http://ant.apache.org/ivy/maven">
  <info organisation="headrace" module="jars"/>
  <configurations><conf name="default"/></configurations>
  <dependencies>
    <dependency org="{group}" name="{name}" rev="{version}" transitive="false" conf="default->default">
      <artifact name="{name}" type="jar" ext="jar"{classifier}/>
    </dependency>
  </dependencies>
</ivy-module>
"""


def set_up_jar(wanted: str) -> str:
    """Takes a jar from Maven Central by the client that comes with Spark; MAVEN_REPOSITORY names another repository."""
    lines = [line.split() for line in JARS_LOCK.read_text().splitlines() if line and not line.startswith("#")]
    locked = {name: fields for name, *fields in lines}
    if wanted not in locked:
        raise SetupError(f"no jar {wanted}: {JARS_LOCK.relative_to(ROOT)} has {', '.join(locked)}")
    group, name, version, classifier, pinned_hash = locked[wanted]
    jar = DOWNLOADS / f"{wanted}.jar"
    stamp = DOWNLOADS / f"{wanted}.jar.stamp"
    if jar.is_file() and is_stamped(stamp, pinned_hash):
        return "nothing to do"
    jar.unlink(missing_ok=True)
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DOWNLOADS) as folder:
        found = download_jar(group, name, version, classifier, Path(folder))
        with found.open("rb") as content:
            actual = hashlib.file_digest(content, "sha256").hexdigest()
        if actual != pinned_hash:
            raise SetupError(f"{found.name} has sha256 {actual}, {JARS_LOCK.relative_to(ROOT)} pins {pinned_hash}")
        found.rename(jar)
    stamp.write_text(pinned_hash)
    return f"downloaded {name} {version}"


def download_jar(group: str, name: str, version: str, classifier: str, folder: Path) -> Path:
    ivy = next((ENVS / "pyspark35").glob("lib/python*/site-packages/pyspark/jars/ivy-*.jar"), None)
    if ivy is None or shutil.which("java") is None:
        raise SetupError("jars take Java and the environment pyspark35: tools/setup.py env pyspark35")
    repository = os.environ.get("MAVEN_REPOSITORY", MAVEN_CENTRAL).rstrip("/")
    settings, dependency = folder / "settings.xml", folder / "ivy.xml"
    settings.write_text(IVY_SETTINGS.format(cache=folder / "cache", repository=repository))
    extra = "" if classifier == "-" else f' m:classifier="{classifier}"'
    dependency.write_text(IVY_DEPENDENCY.format(group=group, name=name, version=version, classifier=extra))
    run(
        "java", "-jar", ivy, "-settings", settings, "-ivy", dependency, "-confs", "default",
        "-retrieve", f"{folder}/[artifact].[ext]",
    )  # fmt: skip
    return folder / f"{name}.jar"


# --- command line -----------------------------------------------------------------------------------------------------


def report(what: str, step: Callable[[], str]) -> None:
    started = time.monotonic()
    try:
        outcome = step()
    except SetupError as error:
        sys.exit(f"setup: {what}: {error}")
    print(f"setup: {what:<24} {time.monotonic() - started:7.1f} s  {outcome}", flush=True)


STEPS: dict[str, tuple[str, Callable[[], str]]] = {
    "system": ("system packages", set_up_system),
    "venv": (".venv", set_up_venv),
    "data": ("data of the example", set_up_data),
    "vega": ("charts of reports", set_up_vega),
    "browser": ("browser of the tests", set_up_browser),
    "lock": ("lock files", write_locks),
}


def main(arguments: list[str]) -> None:
    if not arguments:
        arguments = ["system", "venv", "data", "vega"]
    if arguments[0] == "env" and len(arguments) == 2:
        name = arguments[1]
        report(f"environment {name}", lambda: set_up_env_if_possible(name))
    elif arguments[0] == "jar" and len(arguments) == 2:
        report(f"jar {arguments[1]}", lambda: set_up_jar(arguments[1]))
    elif all(argument in STEPS for argument in arguments):
        for argument in arguments:
            report(*STEPS[argument])
    else:
        sys.exit(f"setup: unknown step in {' '.join(arguments)!r}.\n\n{__doc__}")


if __name__ == "__main__":
    main(sys.argv[1:])
