"""One check of `doctor`: all of them take a second, most of it to load the plugins."""

import asyncio
from collections.abc import Mapping

from ledger.service.doctor.diagnose import CHECKS, _finding
from ledger.service.doctor.installation import DoctorFinding, opened
from ledger.service.settings import Settings


def finding_of(check: str, settings: Settings, environment: Mapping[str, str] | None = None) -> DoctorFinding:
    """After the checks that it may rest on: no other one rests on that of the plugins."""
    async def run() -> DoctorFinding:
        async with opened(settings, environment or {}) as installation:
            for name in CHECKS:
                if name == check:
                    break
                if name != "plugins":
                    await _finding(name, CHECKS[name], installation)
            return await _finding(check, CHECKS[check], installation)

    return asyncio.run(run())
