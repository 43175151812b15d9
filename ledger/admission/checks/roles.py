"""Actions that require a role."""

from ledger.admission.facts import Facts
from ledger.core.record.kinds import AnyRecord
from ledger.errors import Refused

REGISTRAR = "registrar"
AUDITOR = "auditor"


def has_role(issuer: str, role: str, facts: Facts) -> bool:
    """Whether an organisation is enrolled with a role."""
    organization = facts.organizations.get(issuer)
    return organization is not None and role in organization.roles


def check_auditor(record: AnyRecord, facts: Facts) -> None:
    """Raises Refused if the record's issuer is not an auditor."""
    if not has_role(record.issuer, AUDITOR, facts):
        raise Refused(f"{record.issuer} may not attest", code="not-auditor", field="issuer", value=record.issuer,
                      rule="signed by an organisation with role auditor")


def check_registrar(record: AnyRecord, facts: Facts, action: str) -> None:
    """Raises Refused if the record's issuer is not a registrar; `action` is the action that requires it."""
    if not has_role(record.issuer, REGISTRAR, facts):
        raise Refused(f"{record.issuer} may not {action}", code="not-registrar", field="issuer", value=record.issuer,
                      rule="signed by an organisation with role registrar")
