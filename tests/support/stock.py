"""A month of stock keeping on a ledger in memory, after a generated network.

Each member puts what it has left into pools, makes something of what is in them, and sends it to its neighbour, who
loses some of it or sends it back, and uses the rest.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from ledger.core.record import canonical
from ledger.core.record.kinds import Acceptance, Addition, Pool, Transfer, Transformation
from ledger.core.record.values import Evidence, Factor, Flow, Output, Quantity, Supply
from support.memory import MemoryLedger
from support.parties import Party
from support.sectors import MAKE, Emission, Given, Make

ROUNDS: Final = 6
_SHOWN: Final = [Evidence(digest="6" * 64, media_type="application/pdf", kind=kind)
                 for kind in ("storageCertificate", "landMonitoring")]
_TRUCK: Final = Factor(value="0.1", unit="TKM", source="stock", year=2025, boundary="cradleToGate")


def keep_stock(memory: MemoryLedger, members: Sequence[Party]) -> None:
    """`members` of the generator, with its facilities and products."""
    for member in members:
        kinds: list[tuple[str, str, dict[str, Any]]] = [
            ("stock", "part", {"default": True}), ("bin", "scrap", {"role": "waste", "origin": "postConsumer"}),
        ]
        for name, product, fields in kinds:
            memory.must((member, Pool(
                issuer=member.id, nonce=memory.nonce(), id=member.prefix + name, facility=f"{member.prefix}site",
                product=member.prefix + product, **fields,
            )))
    for turn in range(ROUNDS):
        for member, neighbour in zip(members, [*members[1:], members[0]], strict=True):
            _fill(memory, member, "stock", "part", turn)
            _fill(memory, member, "bin", "scrap", turn)
            _deliver(memory, member, neighbour, turn)


def _fill(memory: MemoryLedger, member: Party, pool: str, product: str, turn: int) -> None:
    """Two lots go into a pool, one of them whole. Scrap of the member's own processes does not blend with others'."""
    role, origin = ("waste", "postConsumer") if product == "scrap" else ("product", None)
    lots = [
        lot for lot in memory.state.lots.values()
        if lot.holder == member.id and lot.product == member.prefix + product and lot.pool is None
        and lot.role == role and lot.origin == origin and memory.state.remaining[lot.id]
        and (lot.maker is None or role == "product")
    ][-2:]
    flows = [Flow(lot=lot.id, quantity=_left(memory, lot.id, halved=i == 1)) for i, lot in enumerate(lots)]
    if flows:
        memory.must((member, Addition(
            issuer=member.id, nonce=memory.nonce(), pool=member.prefix + pool, inputs=flows, time=_instant(turn),
        )))


def _deliver(memory: MemoryLedger, member: Party, neighbour: Party, turn: int) -> None:
    """What is made of stock and scrap goes to a neighbour, where some of it is lost, or goes back."""
    record = _made_of_stock(memory, member, turn)
    if record is None:
        return
    memory.must((member, record))
    lot = record.outputs[0]
    sent = Transfer(
        issuer=member.id, nonce=memory.nonce(), lot=lot.lot, quantity=_left(memory, lot.lot), to=neighbour.id,
        new_lot=f"{lot.lot}-sent", time=_instant(turn), tolerance="0.02", transport=[
            Supply(material="truck", quantity=Quantity(value="12.5", unit="TKM"), factor=_TRUCK)],
    )
    memory.must((member, sent))
    short = sent.quantity.amount / (50 if turn % 2 else 10)
    memory.must((neighbour, Acceptance(
        issuer=neighbour.id, nonce=memory.nonce(), transfer=canonical.digest(canonical.encode(sent)).hex(),
        received=_kilograms(int((sent.quantity.amount - short) * 1_000) + (turn % 2)),
        return_lot=None if turn % 2 else f"{neighbour.prefix}turn-{turn}-back",
    )))


def _made_of_stock(memory: MemoryLedger, member: Party, turn: int) -> Transformation | None:
    """Of a part of what is in the pools, named in all ways, and of what neighbours sent; emissions of both signs."""
    flows = [
        Flow(lot=lot.id, quantity=_left(memory, lot.id)) for lot in memory.state.lots.values()
        if lot.holder == member.id and lot.id.endswith("-sent") and memory.state.remaining[lot.id]
    ]
    for pool, names in (("stock", ("stock", "part")), ("bin", ("bin",))):
        line = memory.state.lines.get(member.prefix + pool, ())
        if line and memory.state.remaining[line[-1]] > 1:
            flows.append(Flow(lot=member.prefix + names[turn % len(names)],
                              quantity=_left(memory, line[-1], halved=True)))
    if not flows:
        return None
    grams = int(sum(flow.quantity.amount for flow in flows) * 1_000)
    name = f"{member.prefix}turn-{turn}"
    outputs = [
        _output(f"{name}-part", f"{member.prefix}part", "product", grams // 2),
        _output(f"{name}-slag", f"{member.prefix}slag", "byProduct", grams // 4),
        _output(f"{name}-scrap", f"{member.prefix}scrap", "waste", grams // 8, origin="preConsumer"),
    ]
    return Transformation(
        issuer=member.id, nonce=memory.nonce(), facility=f"{member.prefix}site", start=_instant(turn),
        end=_instant(turn + 1), process=MAKE, inputs=flows, outputs=outputs,
        activity=Raw(msgspec.json.encode(_of_all_kinds(turn))), evidence=_SHOWN,
    )


def _of_all_kinds(turn: int) -> Make:
    return Make(
        co2=str(100 + turn),
        emissions=[
            # Carbon that stays in the products: nearly all that is emitted on site.
            Emission(amount=f"-{99 + turn}.{75 - 50 * (turn % 2)}", source="products"),
            Emission(amount="3.5", burden="landUseChangeGhgEmissions", primary=False, ratings=(3, 2, 1)),
            Emission(amount="0.25", burden="landManagementFossilGhgEmissions"),
            Emission(amount="7", burden="landManagementBiogenicCO2Emissions"),
            Emission(amount="-4.125", burden="landManagementBiogenicCO2Removals"),
            Emission(amount="-11", burden="ccsTechnologicalCO2Capture"),
            Emission(amount="40", kind="electricity", market="2.5"),
        ],
        # More than the record emits: what is left for the other outputs is below zero.
        assigned=[Given(output=1, burden="fossilGhgEmissions", amount="52.5"),
                  Given(output=0, burden="landUseChangeGhgEmissions", amount="0.5")],
    )


def _output(lot: str, product: str, role: str, grams: int, **fields: str) -> Output:
    return msgspec.convert({"lot": lot, "product": product, "role": role, **fields, "quantity": {
        "value": _kilograms(grams).value, "unit": "KGM"}}, Output)


def _kilograms(grams: int) -> Quantity:
    whole, rest = divmod(grams, 1_000)
    return Quantity(value=f"{whole}.{rest:03d}".rstrip("0").rstrip("."), unit="KGM")


def _left(memory: MemoryLedger, lot: str, *, halved: bool = False) -> Quantity:
    """What is left of a lot that is counted in kg, or half of it."""
    grams = int(memory.state.remaining[lot] * 1_000)
    return _kilograms(max(1, grams // 2) if halved else grams)


def _instant(turn: int) -> str:
    return f"2029-12-{turn + 1:02d}T06:00:00Z"
