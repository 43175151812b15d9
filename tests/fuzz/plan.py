"""What `fuzz.api` tells the process of Schemathesis, and what that process counts."""

import os
from pathlib import Path
from typing import Final

from msgspec import Struct

PLAN: Final = "CARBON_LEDGER_FUZZ_PLAN"
"""The variable with the path of the plan. The counts are written beside it."""


class FuzzPlan(Struct, frozen=True):
    """`client` signs in: an organisation with its key, or the grant `link` with the `secret` of its link; None has no
    token. `known`: see `fuzz.stock.known_values`. `bodies`: records on the ledger. `keys`: PEM by organisation, which
    sign variants of them."""

    server: str
    origin: str
    client: str | None
    link: str
    secret: str
    known: dict[str, list[str | int]]
    bodies: list[str]
    keys: dict[str, str]


class AskedCount(Struct, frozen=True):
    """`status`: of the answer."""

    operation: str
    status: int
    times: int


def plan_file() -> Path:
    return Path(os.environ[PLAN])


def counts_file(plan: Path) -> Path:
    return plan.with_suffix(".counts.json")
