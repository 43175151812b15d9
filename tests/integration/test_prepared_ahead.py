"""Records are prepared ahead of the lock with what is in force: also the first ones after an activation or a revision,
on the server that posted it and on another one. What is prepared under the lock keeps all servers waiting."""

from collections.abc import Iterator

import pytest
from support.inside import Inside, inside
from support.revising import amend, change
from support.sectors import NAME, Make
from support.server import Posted, prepared_home
from support.witness import registry
from support.workshop import Workshop

from ledger.core.record.kinds import Activation
from ledger.engine import batch
from ledger.engine.prepare import prepare as original
from ledger.engine.prepared import Prepared

_WAVE = 20


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Inside, Inside]]:
    """Two that have one database open."""
    with prepared_home() as home, inside(home) as here, inside(home) as there:
        yield here, there


@pytest.fixture
def under_the_lock(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Types of the records that any server here has prepared while it held the head."""
    types: list[str] = []

    def prepare(submission: batch.Submission, *arguments: object) -> Prepared:
        types.append(type(submission.record).__name__)
        return original(submission, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "prepare", prepare)
    return types


def opened(server: Inside, name: str) -> Workshop:
    """A new organisation with 1,000 kg in the lot `pot`."""
    shop = Workshop(name)
    server.post([(server.registrar, shop.enrolment(server)[1])])
    server.post([*shop.opening(), shop.mine("pot", "1000")])
    return shop


def activation(server: Inside, shop: Workshop, *, retired: bool = False) -> Posted:
    installed = registry().sector(NAME)
    assert installed is not None
    return server.registrar, Activation(
        issuer=server.registrar.id, nonce=shop.nonce(), plugin=NAME, version=installed.sector.version,
        digest=installed.digest, retired=retired,
    )


def wave(shop: Workshop, name: str) -> list[Posted]:
    return [shop.make({f"{name}-{i}": "1"}, {"pot": "1"}) for i in range(_WAVE)]


@pytest.mark.parametrize("posting", [0, 1], ids=["here", "on a replica"])
def test_the_first_batch_after_an_activation(
    servers: tuple[Inside, Inside], under_the_lock: list[str], posting: int
) -> None:
    here, server = servers[0], servers[posting]
    shop = opened(server, f"activated-{posting}")
    here.post([activation(here, shop, retired=True)])
    # The last batch of this server sees no version in force.
    server.post([shop.use({"pot": "1"})])
    here.post([activation(here, shop)])
    under_the_lock.clear()
    server.post(wave(shop, "lot"))
    server.post(wave(shop, "more")[:1])
    assert under_the_lock == []


@pytest.mark.parametrize("posting", [0, 1], ids=["here", "on a replica"])
def test_the_first_batch_after_a_revision(
    servers: tuple[Inside, Inside], under_the_lock: list[str], posting: int
) -> None:
    here, server = servers[0], servers[posting]
    shop = opened(server, f"revised-{posting}")
    record = shop.mine("other", "5")
    server.post([record])
    here.post([amend(shop, change(record, activity=Make(co2="2")))])
    under_the_lock.clear()
    server.post(wave(shop, "lot"))
    server.post(wave(shop, "more")[:1])
    assert under_the_lock == []
