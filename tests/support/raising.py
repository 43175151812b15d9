"""The error that a call raises, as a value that an assertion can ask for its code, field or text."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import pytest

E = TypeVar("E", bound=BaseException)
P = ParamSpec("P")


def raised(kind: type[E], call: Callable[P, object], /, *args: P.args, **facts: P.kwargs) -> E:
    """The error of this kind that `call` raises; the test fails if it returns, or raises one of another kind."""
    with pytest.raises(kind) as caught:
        call(*args, **facts)
    return caught.value
