"""`submit` states the title of each lot that it made, by the limit of the log when its record was assessed."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.cli import Done, run
from support.sectors import Gap, Make
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop, workshop

from ledger.admission.title_limit import LIMIT_SETTING, digest_of_limit
from ledger.answers.brief import RecordResults, results_of
from ledger.cli.client import Client
from ledger.cli.supplier.effects.limits import PostedLimits
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Activation


@pytest.fixture
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as server:
        yield server


class Asking(Client):
    """Counts its questions."""

    asked = 0

    def get(self, path: str, answer: Any, **parameters: Any) -> Any:
        self.asked += 1
        return super().get(path, answer, **parameters)


def part_of(shop: Workshop, name: str) -> Posted:
    """A part of which 4 % are left out."""
    return shop.make({name: "10"}, {"pot": "10"}, activity=Make(co2="24", gaps=[Gap(what="paint", estimate="1")]))


def set_limit(server: Server, share: str) -> None:
    setting = Activation(issuer=server.registrar.id, nonce=Workshop(f"limit-{share}").nonce(), plugin=LIMIT_SETTING,
                         version=share, digest=digest_of_limit(share))
    server.post([(server.registrar, setting)])


def submit(server: Server, folder: Path, posted: Sequence[Posted], *options: object) -> Done:
    path = folder / "signed.ndjson"
    path.write_bytes(b"\n".join(server.envelopes(posted)) + b"\n")
    return run("submit", path, "--url", server.url, *options).succeeded()


def titles(done: Done) -> list[str]:
    return [line for line in done.out.splitlines() if line.startswith("line ") and line.endswith("footprint")]


def results(receipt: Receipt) -> RecordResults:
    return results_of(receipt.index, [bytes(shown.leaf) for shown in receipt.leaves])


def test_each_record_has_the_limit_of_its_time(server: Server, tmp_path: Path) -> None:
    """4 % are left out: more than the usual 3 %, less than the 5 % that the registrar sets later. Posting the first
    record again gives its first title. The dry run says the same words."""
    shop, other = workshop(server, "shop", pot="1000"), workshop(server, "other")
    before = part_of(shop, "before")
    assert titles(submit(server, tmp_path, [before])) == [f"line 1: {shop.name('before')}: incomplete footprint"]
    set_limit(server, "0.05")
    posted = [before, part_of(shop, "after"), shop.send("after", "2", other, "sent"), shop.use({"after": "1"})]
    stated = [f"line 1: {shop.name('before')}: incomplete footprint", f"line 2: {shop.name('after')}: footprint",
              f"line 3: {shop.name('sent')}: footprint"]
    assert titles(submit(server, tmp_path, posted, "--dry-run")) == stated[1:]
    assert titles(submit(server, tmp_path, posted)) == stated
    told = json.loads(submit(server, tmp_path, posted, "--json").out)["receipts"]
    assert [lot["title"] for one in told for lot in one["lots"]] == ["incomplete footprint", "footprint", "footprint"]


def test_one_question_for_all_records_under_the_same_activations(server: Server) -> None:
    shop = workshop(server, "asking", pot="1000")
    earlier = server.post([part_of(shop, f"earlier-{i}") for i in range(3)])
    set_limit(server, "0.06")
    later = server.post([part_of(shop, f"later-{i}") for i in range(3)])
    with Asking(server.url) as client:
        limits = PostedLimits(client)
        stated = [limits.of(results(receipt)) for receipt in (*earlier, *later)]
        assert client.asked == 2
    assert (stated[3:], len({*stated[:3]})) == ([0.06] * 3, 1)
    assert stated[0] != 0.06


def test_no_title_if_the_limit_is_not_known(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    """The receipt of an older record names no activation, and the server may be gone after the posting."""
    shop = workshop(server, "unknown", pot="1000")
    made, used = server.post([part_of(shop, "made"), shop.use({"made": "1"})])
    shown = results(made)
    with Asking(server.url) as client:
        limits = PostedLimits(client)
        nameless = RecordResults(lots=shown.lots, priced=[], omitted=[], findings=[], restated=0,
                                 assessment=shown.assessment)
        assert [limits.of(nameless), limits.of(results(used)), client.asked] == [None, None, 0]
    with Asking("http://127.0.0.1:9") as client:
        limits = PostedLimits(client)
        assert [limits.of(shown), limits.of(shown), client.asked] == [None, None, 1]
    assert capfd.readouterr().err.startswith("the titles of lots are not stated: ")
