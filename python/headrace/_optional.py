"""Packages that only some calls need."""

from __future__ import annotations

import importlib
from typing import Any

from headrace._errors import MissingPackageError
from headrace._flavour import DISTRIBUTION

#: The extras of pyproject.toml that bring a module, by its name.
EXTRAS = {
    "tqdm": "progress",
    "polars": "polars",
    "pandas": "pandas",
    "sklearn": "sklearn",
    "torch": "torch",
    "tensorflow": "tensorflow",
    "pyspark": "spark",
    "graphviz": "viz",
}


def install_command(module: str) -> str:
    """What to type to get `module`."""
    extra = EXTRAS.get(module)
    return f'pip install "{DISTRIBUTION}[{extra}]"' if extra else f"pip install {module}"


def need(module: str, what: str) -> Any:
    """The module called `module`, without which `what` cannot be done.

    Raises
    ------
    MissingPackageError
        When it is not installed, with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.split(".")[0]
        if (error.name or "").split(".")[0] != package:
            raise
        raise MissingPackageError(
            f"{what} needs {package}, which is not installed", install_command(package)
        ) from error
