"""How fast a machine is, and what else it does, decides no test: property tests run without a clock, and whoever asks a
server is as patient as `support.waiting` unless the test says otherwise."""

from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings
from support.waiting import PATIENCE

for _phase in ("connect", "read", "write", "pool"):
    # One object, of which every function and client takes its default: five seconds.
    setattr(DEFAULT_TIMEOUT_CONFIG, _phase, PATIENCE)
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
