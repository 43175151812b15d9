"""A chain solved by hand whose organisations see different parts of it: a mill and an alloyer sell to a caster, who
sells to a maker, who sells gears to a buyer. A bar of the maker comes back to it inside the casting.

    steel 2 kg CO2e a kg (1.8 before the mill amended it), nickel 10, bar 3
    casting: 350 of its own + 600 x 2 + 50 x 10 + 50 x 3 = 2,200 for 700 kg; half of it is sold: 1,100
    gears: 80 of their own + 1,100 + 40 x 3 = 1,300 for 390 kg
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.core.record.kinds import Grant, Transformation
from ledger.core.record.values import Flow
from support.callers import Callers
from support.inside import Inside
from support.parties import enrolment
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, Posting
from support.workshop import EARLIER, END, LATER, START, Workshop, kilograms

UNTIL: Final = "2034-12-31T00:00:00Z"
SELLERS: Final = ("mill", "alloyer", "caster", "maker", "buyer")
GRANTEES: Final = ("full", "maker-full", "stages", "suppliers", "totals")
GEAR: Final = 1300.0


class Foundry(NamedTuple):
    """The chain on a ledger. `of`: all organisations by short name."""

    callers: Callers
    of: Mapping[str, Workshop]

    def lot(self, maker: str, name: str) -> str:
        return self.of[maker].name(name)

    def get(self, caller: str | None, path: str, **parameters: Any) -> Any:
        """The answer to an organisation, or to an outsider; fails unless it is 200."""
        response = self.callers.get(None if caller is None else self.of[caller].id, path, _texts(parameters))
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, caller: str | None, path: str, **parameters: Any) -> tuple[int, str]:
        """The status and the code of the problem."""
        response = self.callers.get(None if caller is None else self.of[caller].id, path, _texts(parameters))
        return response.status_code, response.json()["code"]

    def hidden_from(self, text: str, *names: str) -> bool:
        """Whether a text names none of these organisations, nor anything below their prefixes."""
        return not any(self.of[name].id in text for name in names)


def _texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items()}


def foundry(ledger: Inside) -> Foundry:
    """Posts the chain and the grants to a ledger in this process."""
    return Foundry(Callers(ledger), post_foundry(ledger))


def post_foundry(ledger: Posting) -> dict[str, Workshop]:
    """Posts the chain and the grants of the maker and the caster. Returns all organisations by short name."""
    of = {name: Workshop(name) for name in (*SELLERS, *GRANTEES, "holding", "stranger")}
    mill, alloyer, caster, maker, buyer = (of[name] for name in SELLERS)
    ledger.post([_enrolment(ledger, of, name) for name in sorted(of)])
    ledger.post([posted for name in SELLERS for posted in of[name].opening()])
    steel = mill.mine("steel", "1000", co2="1800", **EARLIER)
    ledger.post([
        steel, alloyer.mine("nickel", "100", co2="1000", **EARLIER),
        maker.mine("bar", "100", co2="300", **EARLIER),
    ])
    ledger.post([_sent(mill, "steel", "600", caster), _sent(alloyer, "nickel", "50", caster),
                 _sent(maker, "bar", "50", caster)])
    ledger.post([caster.signed(_casting(of))])
    ledger.post([_sent(caster, "cast", "350", maker)])
    ledger.post([maker.signed(_gears(of))])
    ledger.post([_sent(maker, "gear", "39", buyer)])
    ledger.post([amend(mill, change(steel, activity=Make(co2="2000")))])
    ledger.post([_granted(of, grantor, grantee, depth) for grantor, grantee, depth in (
        ("maker", "full", "full"), ("caster", "full", "full"), ("maker", "maker-full", "full"),
        ("maker", "stages", "stages"), ("caster", "stages", "stages"), ("maker", "suppliers", "suppliers"),
        ("caster", "suppliers", "suppliers"), ("maker", "totals", "totals"))])
    return of


def _enrolment(ledger: Posting, of: Mapping[str, Workshop], name: str) -> Posted:
    parent = of["holding"].id if name == "maker" else None
    return ledger.registrar, enrolment(
        of[name].party, ledger.registrar, ledger.origin, of[name].nonce(), parent=parent)


def _sent(sender: Workshop, lot: str, amount: str, to: Workshop) -> Posted:
    return sender.send(lot, amount, to, f"{lot}-sold")


def _made(
    maker: Workshop, output: str, amount: str, taken: Mapping[str, str], co2: str, times: Mapping[str, str]
) -> Transformation:
    """A lot out of lots, which `taken` names in full."""
    record = maker.make({output: amount}, activity=Make(co2=co2))[1]
    assert isinstance(record, Transformation)
    return replace(record, **times, inputs=[Flow(lot=lot, quantity=kilograms(part)) for lot, part in taken.items()])


def _casting(of: Mapping[str, Workshop]) -> Transformation:
    from_lots = {of["mill"].name("steel-sold"): "600", of["alloyer"].name("nickel-sold"): "50",
                 of["maker"].name("bar-sold"): "50"}
    return _made(of["caster"], "cast", "700", from_lots, "350", {"start": START, "end": END})


def _gears(of: Mapping[str, Workshop]) -> Transformation:
    return _made(of["maker"], "gear", "390", {of["caster"].name("cast-sold"): "350", of["maker"].name("bar"): "40"},
                 "80", LATER)


def _granted(of: Mapping[str, Workshop], grantor: str, grantee: str, depth: str) -> Posted:
    issuer = of[grantor]
    return issuer.signed(Grant(
        issuer=issuer.id, nonce=issuer.nonce(), grantee=of[grantee].id, depth=depth,  # type: ignore[arg-type]
        until=UNTIL, purpose="audit"))
