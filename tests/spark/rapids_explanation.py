"""What the RAPIDS Accelerator says of a plan: ExplainPlan.explainPotentialGpuPlan with ALL, taken apart."""

from __future__ import annotations

import re
from typing import NamedTuple

#: What may stay on the CPU: operator, how its reason begins, what that is.
EXPLAINED = [
    ("Expression", "", "ANSI mode not supported for", "an aggregate in ANSI mode"),
    ("Exec", "HashAggregateExec", "not all expressions can be replaced", "aggregates above"),
    ("Exec", "ShuffleExchangeExec", "Columnar exchange without columnar children", "rows of such aggregates"),
]
_LINE = re.compile(r"\s*(?P<mark>\S*?)(?P<kind>Exec|Expression|Partitioning) <(?P<name>[\w$]+)> (?P<text>.*)")


class Operator(NamedTuple):
    """A line of the explanation."""

    kind: str
    name: str
    can: bool
    reason: str

    def explanation(self) -> str:
        """Why it may stay on the CPU; empty: it should not."""
        for kind, name, reason, told in EXPLAINED:
            if self.kind == kind and name in ("", self.name) and self.reason.startswith(reason):
                return told
        return ""


def operators_of(text: str) -> list[Operator]:
    """The operators of an explanation (ExplainPlan.explainPotentialGpuPlan with ALL)."""
    found = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            if line.strip():
                raise ValueError(f"no operator: {line}")
            continue
        _, _, reason = match["text"].partition(" because ")
        # "*" runs there, "!" cannot, "@" could if what it is part of did.
        found.append(Operator(match["kind"], match["name"], match["mark"] != "!", reason or match["text"]))
    return found


def unexplained(operators: list[Operator]) -> list[str]:
    """What stays on the CPU without a reason that is known."""
    return [f"{o.kind} {o.name}: {o.reason}" for o in operators if not o.can and not o.explanation()]
