"""Erasures: who may have whose body erased, and when. What is left of a record, `test_residue` says; what comes of an
amendment of it, the tests of revisions."""

import pytest
from unit.admission.world import (
    MILL,
    REGISTRAR,
    activation,
    declaration,
    digest_of,
    erasure,
    facility,
    flow,
    key_change,
    nonce,
    organization,
    output,
    public,
    quantity,
    signing_key,
    stocked,
    transfer,
    transformation,
)

from ledger.admission.apply import note
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.revisions import Amendment, Change
from ledger.engine.batch import LoadedRecord, Sequenced

PRICE = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2"})


def test_the_registrar_erases_a_private_record() -> None:
    world = stocked()
    world.admit(PRICE)
    (found,) = world.admit(erasure(PRICE))
    assert (found.leaves, world.state.erased) == ((), {digest_of(PRICE)})


@pytest.mark.parametrize("record", [
    facility("other"), PRICE, transformation([output("a")]), transfer("steel-1", "1", "sent"),
], ids=lambda one: type(one).__name__)
def test_every_private_type_can_be_erased(record: AnyRecord) -> None:
    stocked().admit(record, erasure(record))


def test_nobody_else_does() -> None:
    world = stocked()
    world.admit(PRICE)
    world.refuse(erasure(PRICE, by=MILL), "not-registrar", "issuer", MILL.id)


def test_nobody_else_learns_whether_a_record_exists() -> None:
    stocked().refuse(erasure("0" * 64, by=MILL), "not-registrar", "issuer", MILL.id)


def test_of_nothing() -> None:
    stocked().refuse(erasure("0" * 64), "unknown-record", "record", "0" * 64)


def test_public_records_stay() -> None:
    world = stocked()
    changed = key_change(MILL, added=[public(signing_key("spare"), MILL.id)])
    again = activation("works")
    world.admit(PRICE, changed, again)
    done = erasure(PRICE)
    world.admit(done)
    for record in (changed, again, done):
        world.refuse(erasure(record), "not-erasable", "record", digest_of(record))


def test_the_organization_stays() -> None:
    world = stocked()
    one = organization(REGISTRAR, id="urn:example:new", prefixes=["urn:example:new:"],
                       keys=[public(signing_key("new"), "urn:example:new")])
    world.admit(one)
    world.refuse(erasure(one), "not-erasable", "record", digest_of(one))


def test_once() -> None:
    world = stocked()
    world.admit(PRICE, erasure(PRICE))
    world.refuse(erasure(PRICE), "erased", "record", digest_of(PRICE))


def test_twice_in_one_batch() -> None:
    """The first in log order counts; the very same record again is known."""
    world, one = stocked(), erasure(PRICE)
    verdicts, _ = world.run(PRICE, one, one, erasure(PRICE))
    assert isinstance(verdicts[1], Sequenced)
    assert isinstance(verdicts[2], LoadedRecord)
    assert getattr(verdicts[3], "code", None) == "erased"


def test_amendments_go_first() -> None:
    """They hold fields of it: else these would stay."""
    world = stocked()
    made = transformation([output("a")])
    world.admit(made)
    change = Change(record=digest_of(made), withdrawn=True)
    withdrawal = Amendment(issuer=MILL.id, nonce=nonce(), changes=[change], reason="never happened")
    amendment = Amendment(issuer=MILL.id, nonce=nonce(), reason="a slip", changes=[
        Change(record=digest_of(made), fields={"basis": b'"final"'})])  # type: ignore[dict-item]
    for record in (withdrawal, amendment):
        # What revises others is sequenced by the reviser; here counts that it is on the log.
        note(world.state, record, bytes.fromhex(digest_of(record)))
    error = world.refuse(erasure(made), "amended", "record", digest_of(made))
    assert digest_of(amendment) in str(error.rule)
    assert digest_of(withdrawal) not in str(error.rule)
    world.admit(erasure(amendment), erasure(made))


def test_what_rests_on_it_goes_on() -> None:
    world = stocked()
    made = transformation([output("a", "2")])
    world.admit(made, PRICE, erasure(made), erasure(PRICE))
    world.admit(transformation([output("b", "1")], [flow("a", "1")]))
