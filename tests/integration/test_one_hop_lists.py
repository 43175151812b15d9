"""Lists and pages of one thing, as their callers may see them; and what the commands print of such answers."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from rich.console import Console
from support.recipes import OF_MILL, Secrets, leaks, secrets
from support.workshop import Workshop

from ledger.answers.lists import LotListAnswer, ShownAnswer, TransferListAnswer
from ledger.answers.stored import FootprintAnswer, LotAnswer
from ledger.cli.buyer.footprint import footprint_report
from ledger.cli.buyer.summary.report import summary_report
from ledger.cli.lookup.lots import _CSV, _TABLE
from ledger.cli.lookup.show import shown_report


@pytest.fixture(scope="module")
def chain() -> Iterator[Secrets]:
    with secrets() as made:
        yield made


def ask(chain: Secrets, caller: Workshop, path: str, **parameters: str) -> Any:
    answer = chain.callers.get(caller.id, path, parameters)
    assert answer.status_code == 200, answer.text
    return answer


def printed(parts: Sequence[Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    for part in parts:
        console.print(part)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_stock_has_no_data_of_the_suppliers(chain: Secrets) -> None:
    answer = ask(chain, chain.forge, "/v1/lot-list", holder=chain.forge.id)
    assert leaks(answer.content, OF_MILL) == []
    lots = {lot.lot: lot for lot in msgspec.json.decode(answer.content, type=LotListAnswer).lots}
    assert lots[chain.steel].sight == "totals"
    assert lots[chain.steel].remaining == "0.5"
    assert lots[chain.steel].facility is None
    own = lots[chain.forge.name("gear")]
    assert (own.sight, own.facility) == (None, chain.forge.name("site"))
    for columns in (_TABLE, _CSV):
        assert [column.value(lots[chain.steel]) for column in columns]


def test_a_filter_finds_no_hidden_facility(chain: Secrets) -> None:
    """Otherwise guesses would show where goods were made."""
    answers = [ask(chain, chain.forge, "/v1/lot-list", holder=chain.forge.id, facility=facility).json()
               for facility in (chain.mill.name("site"), chain.mill.name("no-site"))]
    assert answers[0] == answers[1]
    assert answers[0]["lots"] == []
    own = ask(chain, chain.forge, "/v1/lot-list", holder=chain.forge.id, facility=chain.forge.name("site")).json()
    assert [lot["lot"] for lot in own["lots"]] == [chain.forge.name("gear")]


def test_received_goods_have_their_committed_figures(chain: Secrets) -> None:
    answer = ask(chain, chain.forge, "/v1/received", organization=chain.forge.id)
    assert leaks(answer.content, OF_MILL) == []
    (transfer,) = msgspec.json.decode(answer.content, type=TransferListAnswer).transfers
    assert (transfer.lot, transfer.sender, transfer.state) == (chain.steel, chain.mill.id, "used")


def test_a_sender_does_not_see_the_use_of_its_goods(chain: Secrets) -> None:
    (transfer,) = ask(chain, chain.mill, "/v1/delivered", organization=chain.mill.id).json()["transfers"]
    assert transfer["state"] == "open"


def test_records_are_of_their_issuer(chain: Secrets) -> None:
    answer = ask(chain, chain.forge, "/v1/record-list", issuer=chain.forge.id)
    assert leaks(answer.content, OF_MILL) == []
    assert {record["issuer"] for record in answer.json()["records"]} == {chain.forge.id}


def test_the_page_of_a_received_lot(chain: Secrets) -> None:
    answer = ask(chain, chain.forge, "/v1/show", name=chain.steel)
    assert leaks(answer.content, OF_MILL) == []
    shown = msgspec.json.decode(answer.content, type=ShownAnswer)
    assert shown.sight == "totals"
    assert shown.lot is not None
    assert shown.lot.facility is None
    assert (shown.entered.facility, shown.entered.process, shown.entered.lots) == (None, None, 0)
    assert "you see the figure, not how it is made" in printed(list(shown_report(shown)))
    sender = ask(chain, chain.mill, "/v1/show", name=chain.steel)
    assert "remaining" not in sender.json()["lot"]
    assert "None left" not in printed(list(shown_report(msgspec.json.decode(sender.content, type=ShownAnswer))))


@pytest.mark.parametrize("by", ["digest", "index"])
def test_the_page_of_a_record_shows_its_body_to_the_parties(chain: Secrets, by: str) -> None:
    digest = chain.digests["sent"]
    index = chain.callers.get(chain.mill.id, f"/v1/records/{digest}").json()["index"]
    name = digest if by == "digest" else str(index)
    receiver = ask(chain, chain.forge, "/v1/show", name=name).json()
    assert receiver["body"]["lot"] == chain.mill.name("steel")
    assert receiver["sight"] == "totals"
    assert "sight" not in ask(chain, chain.mill, "/v1/show", name=name).json()
    unknown = "0" * 64 if by == "digest" else "99999"
    answers = [chain.callers.get(chain.rival.id, "/v1/show", {"name": one}) for one in (name, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content.replace(name.encode(), b"?") == answers[1].content.replace(unknown.encode(), b"?")


@pytest.mark.parametrize("short", ["site", "part", "steel", "slab"])
def test_things_of_the_supplier_are_as_unknown_as_others(chain: Secrets, short: str) -> None:
    names = (chain.mill.name(short), chain.mill.name(f"no-{short}"))
    answers = [chain.callers.get(chain.forge.id, "/v1/show", {"name": name}) for name in names]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content.replace(names[0].encode(), b"?") == answers[1].content.replace(names[1].encode(), b"?")


def test_the_commands_say_what_is_left_out(chain: Secrets) -> None:
    parameters = {"lot": chain.steel, "findings": "all", "averages": "true"}
    answer = msgspec.json.decode(ask(chain, chain.forge, "/v1/footprint", **parameters).content, type=FootprintAnswer)

    def asked(lot: str) -> FootprintAnswer:
        content = ask(chain, chain.forge, "/v1/footprint", lot=lot).content
        return msgspec.json.decode(content, type=FootprintAnswer)

    for report in (summary_report(answer, asked), footprint_report(answer)):
        text = printed(list(report))
        assert "you see the figure, not how it is made" in text
        assert leaks(text.encode(), OF_MILL) == []
        assert "None" not in text
    own = printed(list(summary_report(asked(chain.forge.name("gear")), asked)))
    assert "hidden records upstream are left out" in own
    assert chain.steel in own


def test_lots_can_be_read_by_clients(chain: Secrets) -> None:
    content = ask(chain, chain.forge, "/v1/lots", lot=chain.steel).content
    assert msgspec.json.decode(content, type=list[LotAnswer])[0].process is None
