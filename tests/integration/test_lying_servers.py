"""Every command that asks a server, against servers that answer to exhaust it: one error, exit 1, little memory."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from support.cli import run
from support.floods import flooding
from support.server import Server, environment, prepared_home
from support.workshop import Workshop, workshop

from ledger.host.files.key_files import write_key

MAX_MIB = 300
"""By how much a command may grow: whatever a server sends, and however often."""
READERS = ("audit", "audit --public", "export log", "monitor", "verify --log", "submit", "footprint")
"""Each reads in its own way."""
AT_ONCE = ("gzip of zeros", "gzip of an error", "gzip in gzip", "endless", "headers", "redirect", "shorter than said",
           "length of 5000 digits", "values", "deep", "lines")
FOR_EVER = ("drip", "dripping headers", "silent", "interim")


class Case(NamedTuple):
    """A command, and how the server lies to it below which path."""

    name: str
    lie: str
    below: str = "/"


class Story(NamedTuple):
    """A ledger, with what commands take that only ask it."""

    server: Server
    shop: Workshop
    folder: Path
    digest: str

    @property
    def lot(self) -> str:
        return self.shop.name("piece")

    def commands(self, url: str) -> dict[str, list[str]]:
        """All that ask a server, by name."""
        server, folder = self.server, self.folder
        vkey = ["--vkey", server.vkey]
        asked, registrar = ["--url", url], ["--home", str(server.home), "--url", url]
        key, org = ["--key", str(folder / "key.pem"), "--origin", server.origin], self.shop.id
        return {
            "audit": ["audit", url, *vkey],
            "audit --public": ["audit", url, "--public", *vkey],
            "audit sample": ["audit", "sample", url, "--facility", self.shop.name("site"), "--period",
                             "2025-01-01/2026-01-01", "--seed", "x", *vkey],
            "export log": ["export", "log", str(folder / "copy"), "--from", url, *vkey],
            "monitor": ["monitor", url, *vkey, "--state", str(folder / "state"), "--once"],
            "verify --log": ["verify", str(folder / "receipt"), *vkey, "--log", url],
            "verify bundle --log": ["verify", str(folder / "bundle"), *vkey, "--log", url, "--on", "2025-06-01"],
            "verify statement --log": ["verify", str(folder / "statement"), *vkey, "--log", url, "--on", "2025-06-01"],
            "verify --bodies": ["verify", str(folder / "statement"), *vkey, "--bodies", url, "--on", "2025-06-01"],
            "submit": ["submit", str(folder / "envelopes"), "--patience", "0", *asked],
            "footprint": ["footprint", self.lot, *asked],
            "export bundle": ["export", "bundle", self.digest, *asked],
            "export bundle LOT": ["export", "bundle", self.lot, *asked],
            "export footprint": ["export", "footprint", self.lot, *asked],
            "contributions": ["contributions", self.lot, *asked],
            "methods": ["methods", *asked],
            "sensitivity": ["sensitivity", self.lot, *asked],
            "gaps": ["gaps", self.lot, *asked],
            "uncertainty": ["uncertainty", self.lot, *asked],
            "changes": ["changes", self.shop.id, *asked],
            "lots": ["lots", "--holder", self.shop.id, *asked],
            "received": ["received", "--organization", self.shop.id, *asked],
            "delivered": ["delivered", "--organization", self.shop.id, *asked],
            "records": ["records", "--issuer", self.shop.id, *asked],
            "show": ["show", self.lot, *asked],
            "coverage": ["coverage", "--organization", self.shop.id, *asked],
            "footprint --received-from": ["footprint", "--received-from", org, "--organization", self.shop.id, *asked],
            "trace": ["trace", self.lot, *asked],
            "indicators": ["indicators", "steel", *asked],
            "inventory": ["inventory", org, "--year", "2025", *asked],
            "cbam": ["cbam", "--facility", self.shop.name("site"), "--year", "2025", *asked],
            "plugin list": ["plugin", "list", *asked],
            "plugin activate": ["plugin", "activate", "steel", *registrar],
            "plugin retire": ["plugin", "retire", "steel", *registrar],
            "enrol": ["enrol", "--request", str(folder / "request.json"), *registrar],
            "erase": ["erase", self.digest, "--basis", "GDPR 17", *registrar],
            "key change": ["key", "change", org, "--add", str(folder / "request.json"), *key, *asked],
            "key recover": ["key", "recover", org, "--request", str(folder / "request.json"), *registrar],
            "key object": ["key", "object", org, *key, *asked],
        }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("story")
    with prepared_home() as home, Server(home) as server:
        shop = workshop(server, "shop", pot="1000")
        receipt = server.post([shop.make({"piece": "1"}, {"pot": "1"})])[0]
        (folder / "envelopes").write_bytes(b"\n".join(server.envelopes([shop.make({"more": "1"}, {"pot": "1"})])))
        write_key(folder / "key.pem", shop.party.key)
        asked = ["--url", server.url]
        for arguments in (
            ["key", "request", str(folder / "key.pem"), "--organization", shop.id, "--origin", server.origin,
             "-o", str(folder / "request.json")],
            ["submit", str(folder / "envelopes"), "--receipts", str(folder / "receipt"), *asked],
            ["export", "bundle", receipt.digest, "--output", str(folder / "bundle"), *asked],
            ["export", "footprint", shop.name("piece"), "--output", str(folder / "statement"), *asked],
        ):
            run(*arguments).succeeded()
        # So that what was kept is shorter than the log, and asked for with tiles.
        server.post([shop.make({f"more-{i}": "1"}, {"pot": "1"}) for i in range(300)])
        yield Story(server, shop, folder, receipt.digest)


def wrong(story: Story, cases: Sequence[Case], seconds: float) -> list[tuple[Case, object]]:
    """The cases that do not end in one error with exit code 1, or take too much memory. All run in one process."""
    with ExitStack() as stack:
        commands = [story.commands(stack.enter_context(flooding(one.lie, [one.below], story.server.url)))[one.name]
                    for one in cases]
        done = subprocess.run(
            [sys.executable, "-m", "support.driven", str(seconds)], input=json.dumps(commands), check=True,
            env=environment(story.server.home), capture_output=True, text=True, timeout=600,
        )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        (case, (code, err[-500:], grown)) for case, (code, err, grown) in zip(cases, answers, strict=True)
        if code != 1 or err.count("error: ") != 1 or "Traceback" in err or len(err) > 1_000 or grown > MAX_MIB
    ]


def test_every_command(story: Story) -> None:
    assert wrong(story, [Case(name, "gzip of JSON") for name in story.commands("")], 60.0) == []


@pytest.mark.parametrize("lies", [AT_ONCE, FOR_EVER], ids=["at once", "for ever"])
def test_every_reader(story: Story, lies: Sequence[str]) -> None:
    """The lies of the second kind end at the deadline alone."""
    cases = [Case(name, lie) for name in READERS for lie in lies]
    assert wrong(story, cases, 0.2 if lies == FOR_EVER else 60.0) == []


def test_a_server_that_lies_late(story: Story) -> None:
    """What comes before is true, so that the command gets there."""
    assert wrong(story, LATE, 60.0) == []


LATE = [Case(name, lie, below) for name, below, lie in [
    ("audit", "/log/keys", "gzip of zeros"),
    ("audit", "/v1/audit/entries", "gzip of zeros"),
    ("audit", "/v1/audit/entries", "flows"),
    ("audit", "/v1/audit/batches", "gzip of JSON"),
    ("audit", "/v1/audit/revisions", "values"),
    ("audit", "/v1/audit/balances", "gzip of JSON"),
    ("audit", "/log/tile", "gzip of zeros"),
    ("audit --public", "/log/tile/entries", "endless"),
    ("audit --public", "/v1/records", "gzip of JSON"),
    ("export log", "/log/tile/0", "gzip of zeros"),
    ("export log", "/log/tile/entries", "endless"),
    ("export log", "/v1/records", "gzip of JSON"),
    ("monitor", "/log/keys", "gzip of zeros"),
    ("monitor", "/log/tile/entries", "endless"),
    ("monitor", "/v1/records", "gzip of JSON"),
    ("verify --log", "/log/tile", "gzip of zeros"),
    ("verify statement --log", "/log/tile", "endless"),
    ("export bundle", "/log/tile/entries", "gzip of zeros"),
    ("export bundle", "/v1/organizations", "gzip of JSON"),
    ("export bundle LOT", "/v1/statement", "gzip of zeros"),
    ("plugin activate", "/v1/records", "lines"),
    ("changes", "/v1/changes", "same next"),
    ("lots", "/v1/lot-list", "same cursor"),
]]
