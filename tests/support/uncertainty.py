"""Asking a real server for the uncertainty of lots, and what records state of it."""

from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec

from ledger.core.record.kinds import Declaration
from ledger.core.record.values import Factor, Supply
from support.server import Posted, Server
from support.workshop import END, START, Workshop, kilograms

FACTOR: Final = Factor(value="2", unit="KGM", source="tables", year=2024, boundary="cradleToGate")
BOUND: Final = 5.0
"""Standard errors by which an estimate may be off: of a normal one, once in 1.7 million."""


def asked(server: Server, lot: str, **more: int) -> httpx.Response:
    return httpx.get(f"{server.url}/v1/uncertainty", params={"lot": lot, **more}, timeout=120)


def uncertainty(server: Server, lot: str, **more: int) -> dict[str, Any]:
    """The answer, whose mean must be the stored figure."""
    response = asked(server, lot, **more)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    at = {"at": more["at"]} if "at" in more else {}
    told = httpx.get(f"{server.url}/v1/footprint", params={"lot": lot, **at}, timeout=60).json()
    for name in ("footprint", "footprintPerUnit", "unit", "completeness", "title", "method"):
        assert found[name] == told[name], name
    assert found["quantity"] == told["lot"]["quantity"]
    absolute = told["burdens"].get("absGhg", 0.0)
    assert abs(found["uncertainty"]["mean"] - told["footprint"]) <= 1e-9 * absolute
    assert found["rest"] == 0
    return found


def size(server: Server) -> int:
    """Of the log."""
    return int(httpx.get(f"{server.url}/log/checkpoint", timeout=60).text.splitlines()[1])


def variance(answer: Mapping[str, Any]) -> float:
    return float(answer["uncertainty"]["analytic"]["deviation"]) ** 2


def declared(shop: Workshop, **fields: Any) -> Posted:
    return shop.signed(Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, **{
            "basis": "study", "boundary": "cradleToGate", **fields},
    ))


def priced(material: str, amount: str, deviation: str | None = None) -> Supply:
    """Kg of a material at 2 kg CO2e a kg; the factor has the `deviation`."""
    return Supply(material=material, quantity=kilograms(amount),
                  factor=msgspec.structs.replace(FACTOR, deviation=deviation))
