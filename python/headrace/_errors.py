"""The exceptions of Headrace: one class for each kind of mistake, all of them `HeadraceError`."""

from __future__ import annotations


class HeadraceError(Exception):
    """What every error of Headrace is.

    Attributes
    ----------
    code : str
        The stable name of what went wrong, such as ``"bad_data"``.
    message : str
        What went wrong, with names and values.
    hint : str
        What would be valid, or how to mend it; may be empty.
    context : list of str
        What was being done, innermost first.
    """

    code = "internal"

    def __init__(self, message: str, hint: str = "", context: list[str] | None = None) -> None:
        self.message = message
        self.hint = hint
        self.context: list[str] = list(context or [])
        super().__init__(message, hint, self.context)

    def __str__(self) -> str:
        lines = [self.message, *(f"  while {context}" for context in self.context)]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class InvalidPipelineError(HeadraceError):
    """A frame or pipeline is wrong: an unknown key, a wrong type. Found before anything runs."""

    code = "invalid_pipeline"


class InvalidArgumentError(HeadraceError, ValueError):
    """An argument has a value that it cannot have."""

    code = "invalid_argument"


class NotFoundError(HeadraceError, LookupError):
    """A file, a column or a function does not exist."""

    code = "not_found"


class BadDataError(HeadraceError):
    """Input is malformed, or a value made an expression fail."""

    code = "bad_data"


class ContractViolatedError(HeadraceError):
    """Rows broke the contract of the pipeline; nothing was published."""

    code = "contract_violated"


class UnsupportedError(HeadraceError):
    """Valid, but not built."""

    code = "unsupported"


class StorageError(HeadraceError, OSError):
    """The operating system or the store refused: a full disk, a missing permission."""

    code = "io"


class MemoryBudgetError(HeadraceError, MemoryError):
    """The memory given does not suffice."""

    code = "out_of_memory"


class CancelledError(HeadraceError):
    """Somebody stopped the work."""

    code = "cancelled"


class MissingPackageError(HeadraceError, ImportError):
    """A call needs a package that is not installed; `hint` is the command that installs it."""

    code = "missing_package"


class InternalError(HeadraceError):
    """A bug in Headrace."""

    code = "internal"


_CLASSES: dict[str, type[HeadraceError]] = {
    error.code: error
    for error in (
        InvalidPipelineError,
        InvalidArgumentError,
        NotFoundError,
        BadDataError,
        ContractViolatedError,
        UnsupportedError,
        StorageError,
        MemoryBudgetError,
        CancelledError,
        InternalError,
    )
}


def make_error(code: str, message: str, hint: str, context: list[str]) -> HeadraceError:
    """The exception for an error of the core, which calls this."""
    return _CLASSES.get(code, InternalError)(message, hint, context)
