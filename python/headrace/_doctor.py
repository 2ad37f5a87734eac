"""``python -m headrace doctor``: what the program says of the machine, and the packages that Python has for us."""

from __future__ import annotations

import importlib.util
import json
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from headrace._flavour import DISTRIBUTION, STANDALONE
from headrace._optional import EXTRAS, install_command


def run_doctor(program: Path, arguments: list[str]) -> int:
    """Print what `program` finds and what is found here; the program's exit code."""
    done = subprocess.run([program, "doctor", *arguments], stdout=subprocess.PIPE, text=True, check=False)
    found = _find_packages()
    try:
        whole = json.loads(done.stdout)
    except ValueError:  # text, or a mistake in the arguments
        print(done.stdout + (_text(found) if done.stdout else ""), end="")
    else:
        print(json.dumps(whole | {"python": found}, indent=2))
    return done.returncode


def _find_packages() -> dict[str, Any]:
    packages = {}
    for module in ["pyarrow", *EXTRAS]:
        version = _version_of(module)
        packages[module] = {"version": version} if version else {"install": install_command(module)}
    return {
        "version": platform.python_version(),
        "distribution": DISTRIBUTION,
        "folder": str(Path(__file__).parent),
        "arrow": "its own" if STANDALONE else "that of pyarrow",
        "packages": packages,
    }


def _version_of(module: str) -> str | None:
    """The version of an installed module, which is not imported; None where there is none."""
    if importlib.util.find_spec(module) is None:
        return None
    for name in (module, *metadata.packages_distributions().get(module, [])):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "of unknown version"


def _text(found: dict[str, Any]) -> str:
    lines = [
        f"python        {found['version']}",
        f"package       {found['distribution']} in {found['folder']}, Arrow is {found['arrow']}",
    ]
    for module, package in found["packages"].items():
        lines.append(f"  {module:<12}" + package.get("version", f"missing: {package.get('install')}"))
    return "\n".join(lines) + "\n"
