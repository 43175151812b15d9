"""Names of organisations that can be erased. They are for readers, and later records refer to no name."""

from ledger.admission.checks.disclosing import check_in_force
from ledger.admission.kind import Kind
from ledger.admission.state import State
from ledger.core.record.kinds import OrganizationNames


class OrganizationNamesKind(Kind[OrganizationNames]):
    def check(self, record: OrganizationNames, keyid: bytes, state: State) -> None:
        check_in_force(record, state)
