"""Names of organisations that can be erased. They are for readers, and later records refer to no name."""

from ledger.admission.kind import Kind
from ledger.core.record.kinds import OrganizationNames


class OrganizationNamesKind(Kind[OrganizationNames]):
    """Any organisation enters its own."""
