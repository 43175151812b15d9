"""Credits on a real server: a tonne is credited once, whoever claims it and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import httpx
from msgspec.structs import replace
from support.sectors import Make
from support.server import Posted, Server
from support.workshop import END, Workshop, kilograms

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Consumption, Declaration
from ledger.core.record.values import Claim, Credit, Evidence, Factor, Flow, Output

AT_ONCE = 8
AVOIDED = Factor(value="1.5", unit="KGM", source="a study", year=2025, boundary="cradleToGate")


def recycled(shop: Workshop, kg: str) -> list[Posted]:
    """Scrap that was collected becomes as much metal, with a credit for all of it."""
    scrap = Output(lot=shop.name("scrap"), product=shop.name("part"), quantity=kilograms(kg), role="waste",
                   origin="postConsumer")
    credit = Output(lot=shop.name("credit"), product=shop.name("part"), quantity=kilograms(kg), role="credit",
                    credit=Credit(material="steel", factor=AVOIDED))
    signer, making = shop.make({"metal": kg}, {"scrap": kg}, activity=Make(co2="40"))
    return [
        shop.signed(Declaration(
            issuer=shop.id, nonce=shop.nonce(), start="2025-01-01T00:00:00Z", end=END, basis="collected",
            boundary="none", collector=shop.id, lot=scrap,
            evidence=[Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")],
        )),
        (signer, replace(making, outputs=[*making.outputs, credit])),
    ]


def claim(shop: Workshop, kg: str) -> Posted:
    return shop.signed(Consumption(
        issuer=shop.id, nonce=shop.nonce(), inputs=[Flow(lot=shop.name("credit"), quantity=kilograms(kg))], time=END,
        purpose="claim", claim=Claim(method="avoidedBurden", lot=shop.name("metal")),
    ))


def footprint(server: Server, shop: Workshop) -> dict[str, Any]:
    return httpx.get(
        f"{server.url}/v1/footprint", params={"lot": shop.name("metal")}, timeout=60).json()


def test_claims_that_come_at_once(server: Server, shop: Workshop) -> None:
    """Eight want 30 of 100 kg each: three get it, in whatever order; the figure is what it was."""
    server.post(recycled(shop, "100"))
    before = footprint(server, shop)
    requests = [server.envelopes([claim(shop, "30")]) for _ in range(AT_ONCE)]
    start = Barrier(AT_ONCE)

    def send(request: list[bytes]) -> Receipt | dict[str, Any]:
        start.wait(60)
        return server.submit(request)[0]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(send, requests))
    refused = [answer for answer in answers if isinstance(answer, dict)]
    assert len(refused) == AT_ONCE - 3
    assert {(one["code"], one["field"]) for one in refused} == {("over-consumption", "inputs[0].quantity")}
    after = footprint(server, shop)
    assert {name: after[name] for name in ("footprint", "burdens", "contents")} == {
        name: before[name] for name in ("footprint", "burdens", "contents")}
    # 3 claims of 30 kg, each kg of which avoids 1.5 kg CO2e, beside the figure.
    assert [Decimal(one["quantity"]["value"]) for one in after["claims"]] == [30] * 3
    assert [one["avoided"] for one in after["claims"]] == [45.0] * 3
    (credit,) = httpx.get(f"{server.url}/v1/lots", params={"lot": shop.name("credit")}, timeout=60).json()
    assert credit["remaining"] == "10"
