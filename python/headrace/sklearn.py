"""Features as a transformer of scikit-learn. Needs scikit-learn: ``pip install "headrace[sklearn]"``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from headrace._errors import MissingPackageError
from headrace._frame import from_arrow
from headrace._optional import install_command
from headrace._pipeline import FittedPipeline, Pipeline
from headrace.features import Feature

try:
    import numpy as np
    import pyarrow as pa
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_is_fitted
except ImportError as _missing:
    _name = (_missing.name or "sklearn").split(".")[0]
    raise MissingPackageError(
        f"headrace.sklearn needs {_name}, which is not installed",
        install_command("pyarrow" if _name == "pyarrow" else "sklearn"),
    ) from _missing

if TYPE_CHECKING:
    import numpy.typing as npt


class FeatureEncoder(TransformerMixin, BaseEstimator):
    """Fits features on a table, and gives them as a matrix: a step of a scikit-learn ``Pipeline``.

    What is fitted, and the numbers that come out, are those of `headrace.Pipeline`, bit by bit.

    Parameters
    ----------
    features : list of Feature or str
        The features; those of role ``"label"`` are not for here.

    Attributes
    ----------
    fitted_ : FittedPipeline
        The fitted state.

    Examples
    --------
    >>> from headrace import features as f
    >>> from headrace.sklearn import FeatureEncoder
    >>> table = pa.table({"hour": [0, 6], "price": [1.0, 3.0]})
    >>> encoder = FeatureEncoder([f.Feature("price", transforms=f.Standardize()), "hour"])
    >>> encoder.fit_transform(table)
    array([[-1.,  0.],
           [ 1.,  6.]])
    >>> encoder.get_feature_names_out()
    array(['price', 'hour'], dtype=object)
    """

    fitted_: FittedPipeline
    names_: list[str]

    def __init__(self, features: Sequence[Feature | str]) -> None:
        self.features = features

    def fit(self, X: Any, y: Any = None) -> FeatureEncoder:  # noqa: N803 (scikit-learn's name)
        """Fit on the rows of `X`: a frame of pandas or Polars, a ``pyarrow.Table``, whatever knows Arrow."""
        frame = from_arrow(X)
        self.fitted_ = Pipeline("encoder", frame, features=self.features).fit()
        columns = self.fitted_.transform(frame).schema
        self.names_ = [name for column, dtype in columns.items() for name in _names_of(column, dtype)]
        return self

    def transform(self, X: Any) -> npt.NDArray[Any]:  # noqa: N803
        """The features of the rows of `X`.

        Returns
        -------
        numpy.ndarray of float64, shape (rows, columns)
            A list of one length is as many columns; null is NaN. `set_output` makes a frame of it.
        """
        check_is_fitted(self)
        table = self.fitted_.transform(from_arrow(X)).collect().to_arrow()
        batches = table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
        return np.vstack([np.hstack([_matrix(column) for column in batch.columns]) for batch in batches])

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:
        """The names of the matrix' columns: a list of one length is ``name_0``, ``name_1``, …"""
        check_is_fitted(self)
        return np.asarray(self.names_, dtype=object)


def _names_of(column: str, dtype: str) -> list[str]:
    if not dtype.startswith("fixed_size_list<"):
        return [column]
    return [f"{column}_{i}" for i in range(int(dtype.rstrip(">").rsplit(",", 1)[1]))]


def _matrix(column: pa.Array) -> npt.NDArray[Any]:
    """The values of a column as float64, shape (rows, values a row)."""
    if not pa.types.is_fixed_size_list(column.type):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False).reshape(-1, 1)
    width = column.type.list_size
    # Not flatten(), which leaves the values of null lists out.
    values = column.values.slice(column.offset * width, len(column) * width)
    matrix = _matrix(values).reshape(-1, width)
    if column.null_count:
        matrix = np.where(column.is_null().to_numpy(zero_copy_only=False)[:, np.newaxis], np.nan, matrix)
    return matrix
