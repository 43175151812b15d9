"""A record counts only for an issuer whose key signed it."""

import pytest
from support.parties import Party, enrolment, nonces, party
from support.raising import raised

from ledger.admission.facts import OrganizationFacts
from ledger.core.record.kinds import AnyRecord, KeyChange, Organization, Product
from ledger.errors import Refused
from ledger.service.posting.append_request import AppendRequest

ORIGIN = "log.example/one"
NONCES = nonces(1, "requests")
REGISTRAR, MILL, STRANGER = party(1, "registrar"), party(1, "mill"), party(1, "stranger")
NEW = party(2, "mill")


@pytest.fixture
def request_of_one() -> AppendRequest:
    """On a log that has enrolled the registrar and the mill."""
    request = AppendRequest(ORIGIN)
    for one, roles in ((REGISTRAR, ("registrar",)), (MILL, ())):
        request.owners[one.key.keyid] = one.id
        request.view.organizations[one.id] = OrganizationFacts(one.id, roles=roles)
    return request


def product(issuer: Party) -> Product:
    return Product(issuer=issuer.id, nonce=next(NONCES), id=f"{issuer.id}:bar", sector="works", unit="KGM")


def enrolled(one: Party, by: Party = REGISTRAR) -> Organization:
    return enrolment(one, by, ORIGIN, next(NONCES))


def given(one: Party, key: Party, by: Party) -> KeyChange:
    """`by` says that a key is one's."""
    return KeyChange(issuer=by.id, nonce=next(NONCES), organization=one.id, added=enrolled(key).keys)


def refused(request: AppendRequest, record: AnyRecord, signer: Party) -> str:
    return raised(Refused, request.check_signer, record, signer.key.keyid).code


def test_the_issuer_s_own_key(request_of_one: AppendRequest) -> None:
    request_of_one.check_signer(product(MILL), MILL.key.keyid)


def test_keys_of_others(request_of_one: AppendRequest) -> None:
    assert refused(request_of_one, product(MILL), STRANGER) == "unknown-key"
    assert refused(request_of_one, product(MILL), REGISTRAR) == "wrong-issuer"


def test_keys_that_a_record_of_the_request_enters(request_of_one: AppendRequest) -> None:
    request_of_one.check_signer(enrolled(STRANGER), REGISTRAR.key.keyid)
    request_of_one.check_signer(product(STRANGER), STRANGER.key.keyid)
    assert refused(request_of_one, product(MILL), STRANGER) == "wrong-issuer"
    request_of_one.check_signer(given(MILL, NEW, MILL), MILL.key.keyid)
    request_of_one.check_signer(product(MILL), NEW.key.keyid)


@pytest.mark.parametrize("record", [
    enrolled(STRANGER), enrolled(STRANGER, STRANGER), enrolled(Party(MILL.id, STRANGER.key), STRANGER),
    given(MILL, STRANGER, STRANGER), given(MILL, STRANGER, MILL),
])
def test_keys_that_a_stranger_s_record_brings(request_of_one: AppendRequest, record: AnyRecord) -> None:
    """Whoever it names as issuer, the stranger signs it."""
    request_of_one.enrol(record)
    assert refused(request_of_one, record, STRANGER) == "unknown-key"
    assert refused(request_of_one, product(MILL), STRANGER) == "unknown-key"


def test_one_organisation_gives_no_key_to_another(request_of_one: AppendRequest) -> None:
    request_of_one.check_signer(given(STRANGER, NEW, MILL), MILL.key.keyid)
    assert refused(request_of_one, product(STRANGER), NEW) == "unknown-key"


def test_entry_0_is_signed_by_its_own_key() -> None:
    request = AppendRequest(ORIGIN)
    assert refused(request, enrolled(REGISTRAR), REGISTRAR) == "unknown-key"
    request.empty = True
    request.check_signer(enrolled(REGISTRAR), REGISTRAR.key.keyid)
    request.check_signer(enrolled(MILL), REGISTRAR.key.keyid)
    request.check_signer(product(MILL), MILL.key.keyid)
