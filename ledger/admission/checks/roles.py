"""Actions that require a role."""

from ledger.admission.state import State
from ledger.core.record.kinds import AnyRecord
from ledger.errors import Refused

REGISTRAR = "registrar"
AUDITOR = "auditor"


def has_role(issuer: str, role: str, state: State) -> bool:
    """Whether an organisation is enrolled with a role."""
    organization = state.organizations.get(issuer)
    return organization is not None and role in organization.roles


def check_registrar(record: AnyRecord, state: State, action: str) -> None:
    """Raises Refused if the record's issuer is not a registrar; `action` is the action that requires it."""
    if not has_role(record.issuer, REGISTRAR, state):
        raise Refused(f"{record.issuer} may not {action}", code="not-registrar", field="issuer", value=record.issuer,
                      rule="signed by an organisation with role registrar")
