"""Asking a real server for figures by methods and allocations, and the chains that are asked about.

All hand-solved; kg and kg CO2e.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any, Final

import httpx
from msgspec.structs import replace

from ledger.core.record.kinds import Declaration, Transformation
from ledger.core.record.values import Evidence, Money, Output, Quantity
from support.sectors import Given, Make
from support.server import Posted, Server
from support.workshop import END, START, Workshop, kilograms, workshop

WEIGHED: Final = [Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")]
_numbers = count(1)


def route_of(parameters: Mapping[str, Any]) -> str:
    """The route of a footprint with these parameters: stored, by a method, or of a product."""
    if "product" in parameters:
        return "/v1/footprint/product"
    by_method = parameters.keys() & {"method", "gwp", "allocation", "parameter"}
    chain = "chain-" if "." in parameters.get("method", "") else ""
    return f"/v1/footprint/{chain}method" if by_method else "/v1/footprint"


def ask(server: Server, path: str | None = None, /, **parameters: Any) -> dict[str, Any]:
    """The answer of a route; without a path, the footprint with these parameters."""
    path = path or route_of(parameters)
    response = httpx.get(f"{server.url}{path}", params=parameters, timeout=60)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def refused(server: Server, path: str | None = None, /, **parameters: Any) -> tuple[int, str, str | None, str]:
    """Status, code, field, and message with rule of a problem; see `ask`."""
    path = path or route_of(parameters)
    response = httpx.get(f"{server.url}{path}", params=parameters, timeout=60)
    problem = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, problem["code"], problem.get("field"), f"{problem['detail']} {problem.get('rule', '')}"


def amounts(answer: Mapping[str, Any], part: str = "terms") -> dict[str, float]:
    return {one["name"]: one["amount"] for one in answer.get(part, [])}


def new_shop(server: Server) -> Workshop:
    return workshop(server, f"methods-{next(_numbers)}")


def out(shop: Workshop, lot: str, amount: str, **fields: Any) -> Output:
    """Of the product `part`, in kg; `value` in CNY, `heat` in MJ."""
    if "value" in fields:
        fields["value"] = Money(value=fields["value"], currency="CNY")
    if "heat" in fields:
        fields["heating_value"] = Quantity(value=fields.pop("heat"), unit="3B")
    given: dict[str, Any] = {"role": "product", **fields}
    return Output(lot=shop.name(lot), product=shop.name("part"), quantity=kilograms(amount), **given)


def make(shop: Workshop, outputs: list[Output], inputs: Mapping[str, str] | None = None, **fields: Any) -> Posted:
    party, record = shop.make({}, inputs, **fields)
    assert isinstance(record, Transformation)
    return party, replace(record, outputs=outputs)


def scrap_steel(server: Server) -> str:
    """1000 kg of bar, 980 of them steel: 250 of scrap, so a quarter of it, and 1800 kg CO2."""
    shop = new_shop(server)
    scrap = Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="collected", boundary="none",
        collector=shop.id, evidence=WEIGHED, lot=out(shop, "scrap", "250", role="waste", origin="postConsumer"),
    )
    server.post([shop.signed(scrap), shop.make({"bar": "1000"}, {"scrap": "250"}, ore="750",
                                               activity=Make(co2="1800"))])
    return shop.name("bar")


CIRCULAR: Final = ["Ev=2", "Erec=0.5", "R2=0.9", "ErecEoL=0.5", "EvStar=2", "R3=0", "Ed=0.1"]


def two_stages(server: Server) -> Workshop:
    """Ore to iron (60 kg) and slag (40 kg) with 100 kg CO2, by mass, 30 of them assigned to the slag; half the iron to
    steel and dust with 50 kg CO2, by value, of which dust has none; dust to a brick.

    Stored: iron 0.6 * 70 = 42, slag 28 + 30; steel 50 + 21, dust and brick nothing.
    """
    shop = new_shop(server)
    server.post([
        make(shop, [
            out(shop, "iron", "60", value="90", heat="10", moles="3", share="0.5"),
            out(shop, "slag", "40", role="byProduct", value="10", heat="30", moles="1", share="0.5"),
        ], ore="100", activity=Make(co2="100", assigned=[Given(output=1, burden="fossilGhgEmissions", amount="30")])),
        make(shop, [
            out(shop, "steel", "20", value="80", heat="1000", moles="1", share="1"),
            out(shop, "dust", "10", role="coProduct", value="20", heat="1000", moles="4", share="0"),
        ], {"iron": "30"}, activity=Make(co2="50", weights={"value": ["1", "0"]}), allocation="value"),
        shop.make({"brick": "10"}, {"dust": "10"}, activity=Make()),
    ])
    return shop


BY_KEY: Final = {
    # 0.6 * 70; 2 / 3 * (50 + 21)
    "mass": (42, 58, 142 / 3, 71 / 3),
    # 0.9 * 70; all of 50 + 31.5: the sector's weights go before the values
    "value": (63, 37, 81.5, 0),
    # 0.25 * 70; half of 50 + 8.75
    "energy": (17.5, 82.5, 29.375, 29.375),
    # 0.75 * 70; a fifth of 50 + 26.25
    "moles": (52.5, 47.5, 15.25, 61),
    # 0.5 * 70; all of 50 + 17.5
    "declared": (35, 65, 67.5, 0),
}
