"""The sector `logistics`: its routes and their names."""


from carbon_ledger_logistics import hub, transport
from ledger.sdk import Route, Sector, read_indicators, read_needs


def plugin() -> Sector:
    """The sector `logistics`. Its outputs are services without mass and elements, so both tolerances are 0."""
    return Sector(
        name="logistics", version="0.1.0", en="Logistics", zh="物流",
        indicators=read_indicators("carbon_ledger_logistics"), needs=read_needs("carbon_ledger_logistics"),
        burns_lots={"transport": "mineral", "hub": "mineral"},
        routes={
            "transport": Route(
                activity=transport.Transport, assess=transport.assess, en="Freight transport", zh="货物运输",
            ),
            "hub": Route(activity=hub.Hub, assess=hub.assess, en="Logistics hub", zh="物流枢纽"),
        },
    )
