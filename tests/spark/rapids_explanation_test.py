"""What rapids_explanation.py makes of an explanation; `make test-rapids` asks for one of our plans."""

import pytest

from tests.spark.rapids_explanation import operators_of, unexplained

TEXT = """
*Exec <ProjectExec> will run on GPU
  *Expression <Alias> a#1 AS b#2 will run on GPU
    !Exec <HashAggregateExec> cannot run on GPU because not all expressions can be replaced
      !Expression <Count> count(1) cannot run on GPU because ANSI mode not supported for count(1) with LongType
      @Expression <AttributeReference> a#1 could run on GPU
      *Exec <PythonMapInArrowExec> will partially run on GPU
"""


def test_what_ansi_mode_forces_is_explained():
    operators = operators_of(TEXT)
    assert [o.name for o in operators if not o.can] == ["HashAggregateExec", "Count"]
    assert unexplained(operators) == []


def test_anything_else_on_the_cpu_is_told():
    text = TEXT + "!Exec <SortExec> cannot run on GPU because it is disabled\n!Expression <Upper> is not supported\n"
    assert unexplained(operators_of(text)) == [
        "Exec SortExec: it is disabled",
        "Expression Upper: is not supported",
    ]


def test_a_line_that_is_no_operator_is_an_error():
    with pytest.raises(ValueError, match="no operator: something"):
        operators_of("something else")
