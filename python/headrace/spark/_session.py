"""Spark sessions: opened or taken, checked, and set as pipelines need them, for as long as they need it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from headrace._errors import InvalidArgumentError, UnsupportedError
from headrace._optional import need

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: A session, or where to open one: ``"local[*]"``, ``"spark://host:7077"``, ``"sc://host:15002"``, ``"yarn"``.
SparkTarget: TypeAlias = Any

_OLDEST = (3, 5)
_MASTER = re.compile(r"local(\[[^]]*\])?|spark://.+|sc://.+|yarn|k8s://.+")

#: What pipelines mean by an expression is what Spark means under these; rows cross to Python in batches that the core
#: takes whole.
_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    # Else what stands behind `and` or `or` twice is computed for all rows, and may fail for some that it is not for.
    "spark.sql.subexpressionElimination.skipForShortcutExpr": "true",
    # Days before 1582 are what they are, whoever wrote them.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "16384",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


@contextlib.contextmanager
def open_session(spark: SparkTarget) -> Iterator[SparkSession]:
    """The session that `spark` is or names, set for a pipeline; at the end its settings are what they were, and a
    session that was opened here is stopped."""
    session, is_own = (_start(spark), True) if isinstance(spark, str) else (spark, False)
    try:
        check_version(session)
        activate(session)
        with _settings(session):
            yield session
    finally:
        if is_own:
            session.stop()


def _start(target: str) -> SparkSession:
    if not _MASTER.fullmatch(target):
        raise InvalidArgumentError(
            f"'{target}' is no place where Spark runs", "such as local[*], spark://host:7077, sc://host:15002 or yarn"
        )
    sql = need("pyspark.sql", "the Spark engine")
    builder = sql.SparkSession.builder.appName("headrace")
    if target.startswith("sc://"):
        need("grpc", "Spark Connect")
        return builder.remote(target).getOrCreate()
    _require_java()
    # Tasks run in the Python that runs this, unless somebody has said otherwise.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = builder.master(target).config("spark.ui.showConsoleProgress", "false")
    builder = builder.config("spark.python.daemon.module", "headrace.spark._daemon")
    if not target.startswith("local"):
        builder = builder.config("spark.executorEnv.PYTHONPATH", _python_path())
    if sql.SparkSession.getActiveSession() is not None:
        raise InvalidArgumentError(
            "there is a Spark session in this process already", "give it as it is: spark=session"
        )
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise UnsupportedError(
            f"Spark did not start at {target}: {str(error).splitlines()[0]}",
            "look at the lines that Spark wrote above; `java -version` should say 17 or later",
        ) from error


def _python_path() -> str:
    """What executors on machines like this one need to import the package, where it is not installed there."""
    paths = [
        str(Path(__file__).absolute().parents[2]),
        *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)),
    ]
    return os.pathsep.join(dict.fromkeys(paths))


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin/java") if home else shutil.which("java")
    if java is None or not Path(java).is_file():
        raise UnsupportedError(
            "there is no Java, which Spark runs on" if home is None else f"JAVA_HOME is {home}, where there is no Java",
            "install Java 17 or later, such as the package openjdk-17-jre-headless, or use Spark Connect: sc://…",
        )


def check_version(session: SparkSession) -> None:
    """Refuse what is too old."""
    version = tuple(int(part) for part in re.findall(r"\d+", session.version)[:2])
    if version < _OLDEST:
        raise UnsupportedError(
            f"this is Spark {session.version}; pipelines run on {'.'.join(map(str, _OLDEST))} and later",
            "install a newer one: pip install 'pyspark>=3.5'",
        )


def is_connect(session: SparkSession) -> bool:
    """Whether the session speaks to a server, so that there is no JVM here."""
    return type(session).__module__.startswith("pyspark.sql.connect")


def activate(session: SparkSession) -> None:
    """Make a session the one of this thread, under whose settings expressions are made. Where there is none, Spark 3.5
    takes the built-in ones, which are not ANSI."""
    if not is_connect(session):
        session._jvm.SparkSession.setActiveSession(session._jsparkSession)


@contextlib.contextmanager
def _settings(session: SparkSession) -> Iterator[None]:
    before = {name: session.conf.get(name, None) for name in _SETTINGS}
    try:
        for name, value in _SETTINGS.items():
            session.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            with contextlib.suppress(Exception):  # of a session that has died
                _restore(session, name, value)


def _restore(session: SparkSession, name: str, value: Any) -> None:
    if value is None:
        session.conf.unset(name)
    else:
        session.conf.set(name, value)


def parallelism(session: SparkSession) -> int:
    """How many tasks run at once, as far as that is known."""
    if is_connect(session):
        # A client is not told. `spark.default.parallelism` is a setting of the server.
        return int(session.conf.get("spark.default.parallelism", None) or os.cpu_count() or 1)
    return max(1, int(session.sparkContext.defaultParallelism))
