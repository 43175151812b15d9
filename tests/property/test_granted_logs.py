"""Rights to read change no figure and no balance: a log has the same ones with and without them."""

from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from unit.admission.world import (
    FORGE,
    MILL,
    REGISTRAR,
    World,
    digest_of,
    flow,
    nonce,
    output,
    trading,
    transfer,
    transformation,
)

from ledger.core.record.kinds import (
    AnyRecord,
    AppointedReader,
    Grant,
    GrantRevocation,
    GrantScope,
    OrganizationNames,
    PassportPublication,
    PublicationEnd,
    ReaderRevocation,
)


class Rights:
    """Draws records about rights to things of the mill, all admissible where they stand."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._open: list[tuple[str, str]] = []
        """Type and digest of the records that can be ended."""

    def draw(self, lots: list[str]) -> AnyRecord:
        kind = self._random.choice(["grant", "reader", "publication", "names", "end"])
        if kind == "end" and self._open:
            return self._end(*self._open.pop(self._random.randrange(len(self._open))))
        record: AnyRecord
        match kind:
            case "grant":
                record = Grant(issuer=MILL.id, nonce=nonce(), depth="full", until="2031-01-01T00:00:00Z", purpose="any",
                               scope=self._scope(lots), **self._random.choice([
                                   {"grantee": FORGE.id}, {"link": "ab" * 32}]))
            case "reader":
                record = AppointedReader(issuer=REGISTRAR.id, nonce=nonce(), organization=FORGE.id, purpose="any")
            case "publication":
                record = PassportPublication(issuer=MILL.id, nonce=nonce(), **self._random.choice([
                    {"lot": self._random.choice(lots)}, {"product": MILL.name("steel")}]))
            case _:
                return OrganizationNames(issuer=MILL.id, nonce=nonce(), names={"en": "any"})
        self._open.append((kind, digest_of(record)))
        return record

    def _scope(self, lots: list[str]) -> GrantScope | None:
        things: list[dict[str, Any]] = [
            {"lot": self._random.choice(lots)}, {"product": MILL.name("steel")}, {"start": "2024-01-01T00:00:00Z"}]
        return None if self._random.random() < 0.3 else GrantScope(**self._random.choice(things))

    def _end(self, kind: str, digest: str) -> AnyRecord:
        if kind == "grant":
            return GrantRevocation(issuer=MILL.id, nonce=nonce(), grant=digest)
        if kind == "reader":
            return ReaderRevocation(issuer=REGISTRAR.id, nonce=nonce(), reader=digest)
        return PublicationEnd(issuer=MILL.id, nonce=nonce(), publication=digest)


def flows(random: Random) -> Iterator[AnyRecord]:
    """Records of the mill that make, use and sell lots out of `cast`, of which there are 10 t."""
    for i in range(random.randrange(1, 8)):
        amount = f"0.{random.randrange(1, 9)}"
        if random.random() < 0.5:
            yield transformation([output(f"made-{i}", amount)], [flow("cast", amount)])
        else:
            yield transfer("cast", amount, f"sold-{i}")


def entered(records: list[AnyRecord]) -> World:
    world = trading()
    for record in records:
        world.admit(record)
    return world


@examples(60)
@given(random=st.randoms(use_true_random=False))
def test_rights_change_no_figure_and_no_balance(random: Random) -> None:
    plain = list(flows(random))
    rights, mixed, lots = Rights(random), list[AnyRecord](), [MILL.name("cast")]
    for record in plain:
        mixed += [rights.draw(lots) for _ in range(random.randrange(3))]
        mixed.append(record)
        lots += [made.lot for made in getattr(record, "outputs", [])]
    mixed += [rights.draw(lots) for _ in range(3)]
    without, with_rights = entered(plain), entered(mixed)
    assert with_rights.state.remaining == without.state.remaining
    assert with_rights.figures == without.figures
    assert with_rights.accounted() == without.accounted()
