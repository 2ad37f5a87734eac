"""What went wrong on Spark, as errors of Headrace."""

from __future__ import annotations

import base64
import json
import re

from headrace import _errors
from headrace._errors import HeadraceError
from headrace._log import logger
from headrace.spark._tasks import ERROR_MARK

_ABOUT_DATA = re.compile(r"org\.apache\.spark\.Spark(?:Arithmetic|NumberFormat|DateTime|Runtime)Exception: (.+)")


def headrace_error(error: BaseException) -> HeadraceError:
    """What a task of ours raised, which Spark wraps in texts; else what Spark says."""
    if isinstance(error, HeadraceError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return _error_of("cancelled", "the run was cancelled", "")
    told = _told_error(str(error))
    if told is not None:
        return told
    logger.debug("Spark failed: %s", error)
    text = str(error)
    # Before 4.0, what a value made fail in a task comes as one of Java's errors, with a text that holds it.
    about_data = _ABOUT_DATA.search(text)
    if about_data:
        return _error_of("bad_data", f"Spark failed: {about_data[1].strip()}", "the log of Spark says more")
    # What a task raised stands at the end of its traceback, what Spark found at the beginning of the text.
    raised = [line.strip() for line in text.splitlines() if re.match(r"\s*\w+(\.\w+)*(Error|Exception): ", line)]
    lines = [line for line in text.splitlines() if line.strip()]
    first = raised[0] if raised else lines[0] if lines else repr(error)
    code = "bad_data" if _is_about_data(error) else "internal"
    return _error_of(code, f"Spark failed: {first}", "the log of Spark says more")


def _is_about_data(error: BaseException) -> bool:
    """Whether a value made an expression fail, as far as Spark's classes of errors tell."""
    kinds = ("ArithmeticException", "NumberFormatException", "DateTimeException", "SparkRuntimeException")
    return any(kind.__name__ in kinds for kind in type(error).__mro__)


def _error_of(code: str, message: str, hint: str, context: list[str] | None = None) -> HeadraceError:
    for kind in vars(_errors).values():
        if isinstance(kind, type) and issubclass(kind, HeadraceError) and kind.code == code:
            return kind(message, hint, context)
    error = HeadraceError(message, hint, context)
    error.code = code
    return error


def _told_error(text: str) -> HeadraceError | None:
    """The error of the core that a task told, if `text` holds one."""
    if ERROR_MARK not in text:
        return None
    packed = text.split(ERROR_MARK, 1)[1].split(":", 1)[0]
    code, message, hint, context = json.loads(base64.b64decode(packed))
    return _error_of(code, message, hint, context)
