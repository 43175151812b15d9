"""How many examples hypothesis tries: the same few on every run, or HYPOTHESIS_TIMES as many and new ones each time."""

import os

from hypothesis import HealthCheck, settings


def times() -> int:
    """How many times as much a thorough run tries."""
    return int(os.environ.get("HYPOTHESIS_TIMES", "1"))


def examples(count: int) -> settings:
    """Settings for a property test; its ledger runs a whole network an example, so none is too slow."""
    more = times()
    return settings(
        max_examples=count * more, derandomize=more == 1, deadline=None, database=None, print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
