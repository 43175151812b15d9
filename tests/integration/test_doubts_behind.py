"""How many records behind a figure are looked at for doubts: whoever asks is told where that is not all of them.

The mill's key is compromised since `x`, which it sent to the forge; the forge makes `a` of it, `b` of that, `c` of
that, and amends `b`. So five records are behind `c`, itself included, and the amendment.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import httpx
import pytest
from msgspec.structs import replace
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, prepared_home
from support.workshop import Workshop

from ledger.app import create_app
from ledger.core.record.kinds import KeyChange, Transformation
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.service.queries.doubts import read_doubts_behind
from ledger.service.queries.tree_size import EVER, Moment

BEHIND = 5
LIMITED = "only {} records behind this figure were looked at for signatures in doubt."


class Story(NamedTuple):
    ledger: Inside
    forge: Workshop
    indexes: dict[str, int]

    def doubts(self, most: int, *names: str) -> tuple[list[int], list[str]]:
        """Indexes, and what is said but for what each of them is said."""
        indexes = [self.indexes[name] for name in names or ("c",)]
        found, limitations = self.ledger.run(read_doubts_behind(
            self.ledger.ledger.pool, indexes, Moment(EVER, EVER), most
        ))
        return [one.index for one in found], limitations[len(found):]

    def ask(self, path: str, **parameters: str) -> Any:
        async def get() -> httpx.Response:
            transport = httpx.ASGITransport(app=create_app(self.ledger.ledger))
            async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
                return await client.get(path, params=parameters)

        return self.ledger.run(get()).json()


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with prepared_home() as home, inside(home) as ledger:
        mill, forge = Workshop("mill"), Workshop("forge")
        for shop in (mill, forge):
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        b = forge.make({"b": "5"}, {"a": "5"})
        posted = {
            "x": mill.mine("x", "10"), "sent": mill.send("x", "10", forge, "x-sent"), "a": _made_of(mill, forge),
            "b": b, "c": forge.make({"c": "5"}, {"b": "5"}), "amended": amend(forge, change(b, activity=Make(co2="3"))),
        }
        indexes = {name: ledger.post([one])[0].index for name, one in posted.items()}
        new = SigningKey.from_seed(b"\x41" * 32)
        ledger.post([mill.signed(KeyChange(
            issuer=mill.id, nonce=mill.nonce(), organization=mill.id, added=[public_key(new, ledger.origin, mill.id)],
            revoked=[mill.party.key.keyid.hex()], compromised_since=indexes["x"],
        ))])
        yield Story(ledger, forge, indexes)
        report = ledger.audited()
        assert report.ok, report.findings


def _made_of(mill: Workshop, forge: Workshop) -> Posted:
    party, record = forge.make({"a": "5"}, {"x-sent": "5"})
    assert isinstance(record, Transformation)
    return party, replace(record, inputs=[replace(record.inputs[0], lot=mill.name("x-sent"))])


def test_all_of_them(story: Story) -> None:
    """The amendment is looked at beside the records, and is none of those that are counted."""
    assert story.doubts(BEHIND) == ([story.indexes["sent"], story.indexes["x"]], [])


@pytest.mark.parametrize(("most", "found"), [(1, []), (2, []), (3, ["sent"]), (4, ["sent", "x"])])
def test_not_all_of_them(story: Story, most: int, found: list[str]) -> None:
    """One more than the limit is read, to know whether there are more. That nothing was found is never all that is
    said."""
    assert story.doubts(most) == ([story.indexes[name] for name in found], [LIMITED.format(most)])


def test_behind_several(story: Story) -> None:
    """What is behind more than one of them is looked at once; of more than are looked at, the newest are."""
    sent, x = story.indexes["sent"], story.indexes["x"]
    assert story.doubts(BEHIND, "a", "b", "c") == ([sent, x], [])
    assert story.doubts(2, "x", "a", "b", "c") == ([], [LIMITED.format(2)])
    assert story.doubts(2, "x", "sent") == ([sent, x], [])
    assert story.doubts(BEHIND, "x") == ([x], [])


@pytest.mark.parametrize(("path", "parameters", "module"), [
    ("/v1/footprint", {}, "footprint.read"), ("/v1/footprint/method", {"gwp": "AR5"}, "methods.read"),
    ("/v1/statement", {}, "statement.make"), ("/v1/footprint/product", {"product": "part"}, "product.read"),
])
def test_a_buyer_is_told(
    story: Story, monkeypatch: pytest.MonkeyPatch, path: str, parameters: dict[str, str], module: str
) -> None:
    """In the answer, by whichever method, and in the statement that the log signs."""
    limited = partial(read_doubts_behind, most=2)
    monkeypatch.setattr(f"ledger.service.queries.{module}.read_doubts_behind", limited)
    asked = {name: story.forge.name(value) if name == "product" else value for name, value in parameters.items()}
    found = story.ask(path, **({} if "product" in asked else {"lot": story.forge.name("c")}), **asked)
    assert LIMITED.format(2) in found.get("claims", found)["limitations"]
    assert "inDoubt" not in json.dumps(found)
