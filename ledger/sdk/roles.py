"""Roles of outputs, in groups that sectors count alike."""

from typing import Final

PRODUCT_ROLES: Final = ("product", "coProduct")
"""Outputs for which the process is run."""

CARRYING_ROLES: Final = ("product", "coProduct", "byProduct")
"""Outputs that carry a share of the burden."""
