"""Features: what becomes of columns on their way to a model. One class a transform; ``|`` puts one behind another.

Examples
--------
>>> from headrace import features as f
>>> f.Fill(with_="median") | f.Log1p() | f.Standardize()
Fill(with_='median') | Log1p() | Standardize()
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from headrace._errors import InvalidArgumentError
from headrace._expr import Expr, IntoExpr, into_expr

Role = Literal["feature", "label", "weight", "key", "time", "pass_through"]
Statistic = Literal["mean", "median", "min", "max"]


class Chain:
    """Transforms, each of which gets what the one before it gives."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self._transforms = tuple(transforms)

    def __or__(self, other: Chain) -> Chain:
        if not isinstance(other, Chain):
            return NotImplemented
        return Chain([*self._transforms, *other._transforms])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chain) and self.to_list() == other.to_list()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return " | ".join(map(repr, self._transforms))

    def to_list(self) -> list[Any]:
        """The transforms as a pipeline file writes them."""
        return [transform.to_item() for transform in self._transforms]


class Transform(Chain):
    """One transform with its parameters."""

    name: ClassVar[str]

    def __init__(self, **parameters: Any) -> None:
        self._parameters = {key: value for key, value in parameters.items() if value is not None}
        super().__init__([self])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in self._parameters.items())})"

    def to_item(self) -> Any:
        """The transform as a pipeline file writes it."""
        parameters = {key.rstrip("_"): value for key, value in self._parameters.items()}
        return {self.name: parameters} if parameters else self.name


class Bucketize(Transform):
    """Ids of intervals: 0 padding, 1 null, 2 + the number of boundaries that are not greater.

    Parameters
    ----------
    boundaries : list of float, optional
        Ascending boundaries.
    quantiles : int, optional
        Instead of them: into how many parts to cut the training rows.
    """

    name = "bucketize"

    def __init__(self, boundaries: Sequence[float] | None = None, *, quantiles: int | None = None) -> None:
        super().__init__(boundaries=None if boundaries is None else list(boundaries), quantiles=quantiles)


class Clip(Transform):
    """Limits numbers to [min, max].

    Parameters
    ----------
    min, max : float, optional
        The limits; none: no limit on that side.
    """

    name = "clip"

    def __init__(self, min: float | None = None, max: float | None = None) -> None:
        super().__init__(min=min, max=max)


class Cross(Transform):
    """One id of several columns together, by hash.

    Parameters
    ----------
    buckets : int
        The number of hash buckets.
    """

    name = "cross"

    def __init__(self, buckets: int) -> None:
        super().__init__(buckets=buckets)


class Cyclic(Transform):
    """Sine and cosine of 2πx / period, as fixed_size_list<float32, 2>.

    Parameters
    ----------
    period : float
        After how much it begins anew: 24 for hours.
    """

    name = "cyclic"

    def __init__(self, period: float) -> None:
        super().__init__(period=period)


class Fill(Transform):
    """Puts a value in the place of null.

    Parameters
    ----------
    value : any, optional
        The value.
    with_ : {"mean", "median", "min", "max"}, optional
        Instead of it: a statistic of the training rows.
    """

    name = "fill"

    def __init__(self, value: Any = None, *, with_: Statistic | None = None) -> None:
        super().__init__(value=value, with_=with_)


class Hash(Transform):
    """Ids without a vocabulary, by hash: 0 padding, 1 null, 2 + hash % buckets.

    Parameters
    ----------
    buckets : int
        The number of hash buckets.
    """

    name = "hash"

    def __init__(self, buckets: int) -> None:
        super().__init__(buckets=buckets)


class Log1p(Transform):
    """ln(1 + x): tames the long tail of counts and amounts."""

    name = "log1p"

    def __init__(self) -> None:
        super().__init__()


class MinMax(Transform):
    """Maps the range of the training rows to [min, max].

    Parameters
    ----------
    min, max : float
        What the least and the greatest value become.
    """

    name = "min_max"

    def __init__(self, min: float | None = None, max: float | None = None) -> None:
        super().__init__(min=min, max=max)


class MultiHot(Transform):
    """A vector with 1.0 at each id of a list."""

    name = "multi_hot"

    def __init__(self) -> None:
        super().__init__()


class OneHot(Transform):
    """A vector with 1.0 at the id."""

    name = "one_hot"

    def __init__(self) -> None:
        super().__init__()


class Pad(Transform):
    """The first elements of a list, zeros behind: a list of one length.

    Parameters
    ----------
    length : int
        The number of elements.
    """

    name = "pad"

    def __init__(self, length: int) -> None:
        super().__init__(length=length)


class Standardize(Transform):
    """Subtracts the mean of the training rows and divides by their standard deviation."""

    name = "standardize"

    def __init__(self) -> None:
        super().__init__()


class TimePart(Transform):
    """A part of a date or timestamp, as a number.

    Parameters
    ----------
    part : {"year", "quarter", "month", "week", "day", "day_of_year", "weekday", "hour", "minute"}
        Which part.
    """

    def __init__(
        self,
        part: Literal["year", "quarter", "month", "week", "day", "day_of_year", "weekday", "hour", "minute"],
    ) -> None:
        super().__init__()
        self._part = part

    def __repr__(self) -> str:
        return f"TimePart({self._part!r})"

    def to_item(self) -> Any:
        """The transform as a pipeline file writes it."""
        return self._part


class Vocabulary(Transform):
    """Ids of the values of the training rows, the most frequent first.

    Parameters
    ----------
    min_count : int, optional
        Values seen less often are no words. Default 1.
    max_size : int, optional
        Keep the first so many words. Default: all.
    oov_buckets : int, optional
        Hash buckets for other values. Default 1.
    """

    name = "vocabulary"

    def __init__(
        self, *, min_count: int | None = None, max_size: int | None = None, oov_buckets: int | None = None
    ) -> None:
        super().__init__(min_count=min_count, max_size=max_size, oov_buckets=oov_buckets)


class Feature:
    """One column of the data set.

    Parameters
    ----------
    name : str
        What the column is called.
    source : Expr, str, or list of them, optional
        What goes into the first transform; a text is SQL. Default: the column called `name`.
    transforms : Chain, optional
        ``Log1p() | Standardize()``.
    role : str
        What the column is to a model: ``"feature"``, ``"label"``, ``"weight"``, ``"key"``, ``"time"``,
        ``"pass_through"``.
    dtype : str, optional
        The type in the data set. Default: float32 for floats, else as computed.

    Examples
    --------
    >>> from headrace import features as f
    >>> f.Feature("seats", transforms=f.Fill(with_="median") | f.Log1p())
    Feature('seats', transforms=Fill(with_='median') | Log1p())
    """

    def __init__(
        self,
        name: str,
        source: IntoExpr | Sequence[IntoExpr] = None,
        *,
        transforms: Chain | None = None,
        role: Role = "feature",
        dtype: str | None = None,
    ) -> None:
        if transforms is not None and not isinstance(transforms, Chain):
            raise InvalidArgumentError(
                f"the transforms of the feature '{name}' are {type(transforms).__name__}",
                "put transforms behind one another: Log1p() | Standardize()",
            )
        self._name = name
        self._transforms = transforms
        self._item: dict[str, Any] = {"name": name}
        if source is not None:
            sources = [source] if isinstance(source, (str, Expr)) or not isinstance(source, Sequence) else source
            texts = [str(into_expr(item)) for item in sources]
            self._item["from"] = texts[0] if len(texts) == 1 else texts
        if transforms is not None:
            self._item["transforms"] = transforms.to_list()
        if role != "feature":
            self._item["role"] = role
        if dtype is not None:
            self._item["dtype"] = dtype

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Feature) and self._item == other._item

    def __hash__(self) -> int:
        return hash(repr(self._item))

    def __repr__(self) -> str:
        return f"Feature({self._name!r}" + (f", transforms={self._transforms!r})" if self._transforms else ")")

    def to_item(self) -> dict[str, Any]:
        """The feature as a pipeline file writes it."""
        return dict(self._item)
