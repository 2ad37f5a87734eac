"""Every example in a docstring of the package is run."""

import datetime
import doctest
import importlib

import pytest

import headrace as hr

MODULES = ["headrace._expr", "headrace._frame", "headrace._pipeline", "headrace._result", "headrace.features"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    module = importlib.import_module(name)
    found = doctest.DocTestFinder(exclude_empty=True).find(module, globs={"hr": hr, "datetime": datetime})
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for test in found:
        runner.run(test)
    assert runner.failures == 0
    assert runner.tries > 0
