"""Pipelines: from frames to data sets, and what a run tells."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from headrace import _core, _work
from headrace._errors import InvalidArgumentError, UnsupportedError
from headrace._expr import Expr
from headrace._frame import LazyFrame, Plan, PlanFormat, draw, require_engine
from headrace._log import log_run, logger
from headrace._result import RunResult
from headrace.features import Feature

if TYPE_CHECKING:
    from headrace.spark import SparkTarget

Engine = Literal["native", "spark"]


class Pipeline:
    """A frame, what its rows promise, the features made of it, how rows are dealt, and where they go.

    The same as a pipeline file: `to_yaml` writes one that ``headrace run`` takes, `from_yaml` reads one.

    Parameters
    ----------
    name : str
        Names the pipeline in reports and manifests.
    frame : LazyFrame
        The rows.
    features : list of Feature or str
        The columns of the data set; a text is a column as it is. Default: all columns.
    contract : dict, optional
        ``{"columns": {name: {"type", "nullable", "min", "max", "allowed"}}, "rows": {name: condition}}``. A run whose
        rows break it publishes nothing.
    split : dict, optional
        ``{"by": expression, "parts": {"train": "< 2013-11-01", "eval": "rest"}}``, or ``{"hash": expression,
        "parts": {"train": 0.9, "eval": 0.1}}``.
    outputs : list of dict, optional
        ``{"path", "format", "compression", "shards", …}`` for each data set.
    state, quarantine, report : str, optional
        Where the fitted state, bad rows and the report go. Default: beside the first output.

    Examples
    --------
    >>> from headrace import features as f
    >>> frame = hr.from_dict({"price": [1.0, 2.0, 3.0], "sold": [0, 1, 1]})
    >>> pipeline = hr.Pipeline(
    ...     "prices", frame, features=[f.Feature("price", transforms=f.Standardize()), f.Feature("sold", role="label")]
    ... )
    >>> sorted(pipeline.validate()["features"], key=str)
    [{'name': 'price', 'role': 'feature'}, {'name': 'sold', 'role': 'label'}]
    """

    def __init__(
        self,
        name: str,
        frame: LazyFrame,
        *,
        features: Sequence[Feature | str] = (),
        contract: Mapping[str, Any] | None = None,
        split: Mapping[str, Any] | None = None,
        outputs: Sequence[Mapping[str, Any]] = (),
        state: str | os.PathLike[str] | None = None,
        quarantine: str | os.PathLike[str] | None = None,
        report: str | os.PathLike[str] | None = None,
    ) -> None:
        sections: dict[str, Any] = {}
        if features:
            sections["features"] = [(Feature(f) if isinstance(f, str) else f).to_item() for f in features]
        if contract is not None:
            sections["contract"] = {"table": _TABLE, **contract}
        if split is not None:
            sections["split"] = split
        if outputs:
            sections["outputs"] = list(outputs)
        for key, path in (("state", state), ("quarantine", quarantine), ("report", report)):
            if path is not None:
                sections[key] = path
        self._native = _core.Pipeline.of_frame(
            name, frame._native, _TABLE, json.dumps(sections, default=_plain, ensure_ascii=False)
        )
        self._is_portable = frame._is_portable
        self._spark_frames = frame._spark_frames
        self._frame: LazyFrame | None = frame

    @classmethod
    def from_yaml(cls, file: str | os.PathLike[str], parameters: Mapping[str, Any] | None = None) -> Pipeline:
        """The pipeline of a file; `parameters` are what ``--set`` gives on the command line.

        Raises
        ------
        NotFoundError
            When there is no such file.
        InvalidPipelineError
            With the line and the column of the first mistake.
        """
        pipeline = cls.__new__(cls)
        pipeline._native = _core.Pipeline.read(os.fspath(file), {k: str(v) for k, v in (parameters or {}).items()})
        pipeline._is_portable = True
        pipeline._spark_frames = ()
        pipeline._frame = None
        return pipeline

    def to_yaml(self) -> str:
        """The pipeline as the text of a pipeline file.

        Raises
        ------
        UnsupportedError
            When one of its sources is rows in memory, or rows are made by a Python function.
        """
        self._require_portable("a file")
        return self._native.to_yaml()

    @property
    def name(self) -> str:
        """The name of the pipeline."""
        return self._native.name

    def __repr__(self) -> str:
        return f"<headrace.Pipeline {self.name}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.explain())}</pre>"

    def validate(
        self,
        *,
        state: str | os.PathLike[str] | None = None,
        engine: Engine = "native",
        spark: SparkTarget | None = None,
    ) -> dict[str, Any]:
        """Check everything that can be checked without reading rows, and tell what is known: sources, tables with their
        columns, features, outputs; and whether the pipeline is portable, which `LazyFrame.map_batches` makes it not.

        With ``engine="spark"``, the key ``"spark"`` tells what would run where: steps that Headrace computes in Spark's
        tasks and why (``"tasks"``), what reads each source (``"sources"``), joins that tasks make if their right sides
        are small (``"joins"``), columns whose last bits depend on the order of rows in Spark (``"approximate"``), and
        ``"notes"``."""
        found = json.loads(self._native.validate(_core.Work(0, ""), os.fspath(state or "")))
        told = {**found, "portable": self._is_portable}
        if require_engine(engine, spark) == "spark":
            from headrace import spark as on_spark  # noqa: PLC0415

            told["spark"] = on_spark.validate(self._native, spark or "local[*]", frames=self._spark_frames)
        return told

    @property
    def plan_digest(self) -> str:
        """The digest of what the pipeline computes, wherever its data lies and goes: that of its file is equal."""
        return self.validate()["plan_digest"]

    def explain(self, *, format: PlanFormat = "text", analyze: bool = False) -> Plan:
        """What will be done.

        Parameters
        ----------
        format : {"text", "json", "dot", "mermaid"}
            ``"text"``: the tables as written, then what the engine runs. The others: the plan that the engine runs, for
            programs, for Graphviz, for Markdown.
        analyze : bool
            Run the pipeline, outputs and all, and show the time, rows and memory of each operator, as text.
        """
        if analyze:
            return Plan(_work.do(self._native.analyze, progress=False))
        if format != "text":
            return Plan(self._native.graph(_core.Work(0, ""), format))
        logical, physical = self._native.explain(_core.Work(0, ""))
        return Plan(logical + physical)

    def show_graph(self) -> Any:
        """The plan that the engine runs as a drawing for notebooks; needs the package ``graphviz``."""
        return draw(self.explain(format="dot"))

    def _require_portable(self, what: str) -> None:
        if not self._is_portable:
            raise UnsupportedError(
                f"the pipeline '{self.name}' has rows that a Python function makes, so it cannot be part of {what}",
                "write the frame first, such as with sink_parquet(), and start the pipeline from what was written",
            )

    def fit(
        self, *, threads: int | None = None, memory: str | None = None, progress: bool | None = None
    ) -> FittedPipeline:
        """Read, check, and fit the features on the rows of the fit part; write nothing.

        Parameters
        ----------
        threads, memory, progress
            As in `LazyFrame.collect`. The state is the same for any of them.

        Raises
        ------
        ContractViolatedError
            When rows broke the contract.
        UnsupportedError
            When rows are made by a Python function.
        """
        self._require_portable("a fitted state")
        logger.info("pipeline '%s': fit begins", self.name)
        fitted = FittedPipeline(_work.do(self._native.fit, threads=threads, memory=memory, progress=progress))
        logger.info("pipeline '%s': fitted state %s", self.name, fitted.digest)
        return fitted

    def fit_transform(
        self, *, threads: int | None = None, memory: str | None = None, progress: bool | None = None
    ) -> tuple[FittedPipeline, LazyFrame]:
        """`fit`, and the pipeline's own rows encoded with what was found.

        Returns
        -------
        (FittedPipeline, LazyFrame)
            The rows of all parts of the split; they are read again when the frame is collected.

        Examples
        --------
        >>> from headrace import features as f
        >>> frame = hr.from_dict({"price": [1.0, 3.0]})
        >>> pipeline = hr.Pipeline("prices", frame, features=[f.Feature("price", transforms=f.MinMax())])
        >>> fitted, rows = pipeline.fit_transform()
        >>> rows.collect().to_dict()
        {'price': [0.0, 1.0]}

        Raises
        ------
        UnsupportedError
            For a pipeline from a file, which has no frame.
        """
        if self._frame is None:
            raise UnsupportedError(
                f"the pipeline '{self.name}' comes from a file and has no frame to transform",
                "fit() it and transform() a frame, or run() it and scan what it writes",
            )
        fitted = self.fit(threads=threads, memory=memory, progress=progress)
        return fitted, fitted.transform(self._frame)

    def load(self, folder: str | os.PathLike[str]) -> FittedPipeline:
        """The state that a run, or `FittedPipeline.save`, wrote into `folder`.

        Raises
        ------
        NotFoundError
            When there is none.
        BadDataError
            When it is damaged.
        """
        return FittedPipeline(self._native.load(os.fspath(folder)))

    def run(
        self,
        *,
        state: str | os.PathLike[str] | None = None,
        engine: Engine = "native",
        spark: SparkTarget | None = None,
        threads: int | None = None,
        memory: str | None = None,
        progress: bool | None = None,
        statistics: bool = True,
    ) -> RunResult:
        """Read, check, fit, encode, write, and publish all outputs or none.

        Parameters
        ----------
        state : str, optional
            The folder of a fitted state to encode with, instead of fitting.
        engine : {"native", "spark"}
            What makes the rows. On Spark, the relational part runs as Spark DataFrames, and all else in its tasks, by
            the code that does it here: the state is the same byte for byte, and so is the set of rows.
        spark : SparkSession or str, optional
            With ``engine="spark"``: a session, or where to open one, such as ``"local[*]"``, the default,
            ``"spark://host:7077"`` or ``"sc://host:15002"``.
        threads, memory, progress
            As in `LazyFrame.collect`; on Spark, its own settings count.
        statistics : bool
            Whether to take statistics of the columns before and after encoding: `RunResult.statistics`.

        Raises
        ------
        ContractViolatedError
            When rows broke the contract.
        UnsupportedError
            When the engine is not there, or a state would depend on rows that a Python function makes.
        """
        self._require_portable("a run that writes a fitted state")
        if require_engine(engine, spark) == "spark":
            from headrace import spark as on_spark  # noqa: PLC0415

            logger.info("pipeline '%s': run on Spark begins", self.name)
            result = on_spark.run(
                self._native, spark or "local[*]", frames=self._spark_frames, state=state, statistics=statistics
            )
            log_run(result.report)
            return result
        return run_native(
            self._native, state=state, threads=threads, memory=memory, progress=progress, statistics=statistics
        )


class FittedPipeline:
    """The state of a pipeline's features: what fitting found, and rows encoded with it.

    Examples
    --------
    >>> from headrace import features as f
    >>> frame = hr.from_dict({"price": [1.0, 3.0]})
    >>> fitted = hr.Pipeline("prices", frame, features=[f.Feature("price", transforms=f.Standardize())]).fit()
    >>> fitted.transform(hr.from_dict({"price": [1.0, 2.0, 5.0]})).collect().to_dict()
    {'price': [-1.0, 0.0, 3.0]}
    """

    def __init__(self, native: _core.Fitted) -> None:
        self._native = native

    def transform(self, frame: LazyFrame) -> LazyFrame:
        """The features over the rows of `frame`, which has the columns that the pipeline's frame has: the same bits
        that `Pipeline.run` writes.

        Raises
        ------
        NotFoundError
            When the frame lacks a column that features read.
        """
        encoded = LazyFrame(self._native.encode(frame._native))
        encoded._is_portable = frame._is_portable
        return encoded

    def serve(self) -> RowServer:
        """A function from a single row to its features, compiled once: no run of the engine for a row.

        Returns
        -------
        RowServer
            Call it with a dict of the columns that features read.

        Examples
        --------
        >>> from headrace import features as f
        >>> frame = hr.from_dict({"price": [1.0, 3.0]})
        >>> fitted = hr.Pipeline("prices", frame, features=[f.Feature("price", transforms=f.Standardize())]).fit()
        >>> serve = fitted.serve()
        >>> serve({"price": 5.0})
        {'price': 3.0}
        """
        return RowServer(self._native.serve(_core.Work(0, "")))

    @property
    def digest(self) -> str:
        """Equal states have equal digests; manifests of data sets hold it."""
        return self._native.digest()

    @property
    def state(self) -> dict[str, Any]:
        """The state, as ``state.json`` holds it."""
        return json.loads(self._native.json())

    def get_feature_names_out(self) -> list[str]:
        """The names of the columns that `transform` gives."""
        return [feature["name"] for feature in self.state["features"]]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a fitted state is no pickle, which could run code when it is read: save() and Pipeline.load()")

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write ``state.json`` into `folder`, as a run does; `Pipeline.load` reads it."""
        self._native.save(os.fspath(folder))

    def show(self) -> str:
        """A line a feature with what was found for it."""
        lines = self._native.describe(_core.Work(0, ""))
        width = max((len(name) for name, _ in lines), default=0)
        return "\n".join(f"{name:<{width}}  {found}".rstrip() for name, found in lines)

    def __repr__(self) -> str:
        return f"<headrace.FittedPipeline {self.digest}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.show())}</pre>"


class RowServer:
    """Features of single rows; see `FittedPipeline.serve`. Calls from several threads are fine.

    Attributes
    ----------
    columns : list of str
        What a row must have. Other keys are not looked at.
    """

    __slots__ = ("_native", "columns")

    def __init__(self, native: _core.Server) -> None:
        self._native = native
        self.columns: list[str] = native.inputs()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """The features of a row, with the bits that a run with this state writes.

        Parameters
        ----------
        row : dict
            A value for each of `columns`; ``None`` is null.

        Returns
        -------
        dict
            A number, list or text by feature.

        Raises
        ------
        NotFoundError
            When a column is missing.
        BadDataError
            When a value is not of its column's type, or makes a feature fail.
        """
        return self._native.serve(row)

    def __repr__(self) -> str:
        return f"<headrace.RowServer of {', '.join(self.columns)}>"


_TABLE = "rows"


def _plain(value: Any) -> Any:
    """What JSON does not know."""
    if isinstance(value, Expr):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise InvalidArgumentError(f"{value!r} of type {type(value).__name__} is no part of a pipeline")


def run_native(
    pipeline: _core.Pipeline,
    *,
    state: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    memory: str | None = None,
    progress: bool | None = None,
    statistics: bool = False,
) -> RunResult:
    """Run a pipeline of the core."""
    logger.info("pipeline '%s': run begins", pipeline.name)
    report, text = _work.do(
        lambda work: pipeline.run(work, os.fspath(state or ""), statistics),
        threads=threads,
        memory=memory,
        progress=progress,
    )
    result = RunResult(report, text)
    log_run(result.report)
    return result
