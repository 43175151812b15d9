"""Open emission factors: electricity, heat, fuels, materials, transport and waste treatment.

Each folder is one version of the data, and never changes once it is released: logs commit to its digest.
"""

from typing import Final

from ledger.sdk import FactorSet, read_factor_set

NAME: Final = "factors-open"
VERSIONS: Final = {"2026.1": "v2026_1"}
"""The folder of each version, oldest first."""


def factor_set() -> FactorSet:
    """The set with all its versions."""
    return read_factor_set(NAME, __name__, VERSIONS, en="Open emission factors", zh="开放排放因子", shared=True)
