"""The statement of an auditor about an examination (ISO 14064-3; PACT 3, 5.3.3 and 5.3.7), besides the opinion."""

from typing import Literal

from ledger.core.record.values import Name, Part

Coverage = Literal["product", "process", "organisation"]
"""PACT's product level, PCF calculation model and PCF program: the figure itself; the model by which a process gets its
figures; the programme by which an organisation makes them."""
AttestingParty = Literal["first", "second", "third"]
"""First party: the maker or its group. Second party: a customer. Third party: nobody with an interest in the figure."""


class Accreditation(Part, frozen=True):
    """The `body` that accredited the auditor (ISO/IEC 17011), and the `number` under which it lists the auditor."""

    body: Name
    number: Name


class AttestationScope(Part, frozen=True):
    """`criteria`: the rules against which the figure was examined, such as a product category rule. `coverage`: see
    `Coverage`. `programme`: the certified programme; only with coverage `organisation`, which needs it."""

    criteria: Name
    coverage: Coverage
    programme: Name | None = None
