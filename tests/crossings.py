"""Of many cases of one thing `make test` tries the first few, `make test-long` the rest."""
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

import pytest


def few(number: int, cases: Iterable[Any]) -> list[Any]:
    """For `pytest.mark.parametrize`: the first `number` as they are, the others among the long tests."""
    rest = iter(cases)
    return list(chain(list(islice(rest, number)), (
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.long) for case in rest)))
