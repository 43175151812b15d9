"""The same examples on every run. HYPOTHESIS_PROFILE=explore looks for new ones."""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, print_blob=True, suppress_health_check=_SLOW,
)
settings.register_profile("explore", deadline=None, max_examples=1_000, print_blob=True, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
