"""What only some organisations may do."""

from ledger.admission.state import State
from ledger.core.record.kinds import AnyRecord
from ledger.errors import Refused

REGISTRAR = "registrar"
AUDITOR = "auditor"


def has_role(issuer: str, role: str, state: State) -> bool:
    """Whether an organisation is enrolled with a role."""
    known = state.organizations.get(issuer)
    return known is not None and role in known.roles


def check_registrar(record: AnyRecord, state: State, what: str) -> None:
    """Raises Refused where the record's issuer is no registrar; `what` is what it may not do."""
    if not has_role(record.issuer, REGISTRAR, state):
        raise Refused(f"{record.issuer} may not {what}", code="not-registrar", field="issuer", value=record.issuer,
                      rule="signed by an organisation with role registrar")
