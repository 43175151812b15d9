"""Every command on a ledger whose names are made for terminals: in a pipe and on a terminal, nothing raw comes out."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec import Raw
from msgspec.structs import replace
from support.cli import run
from support.floods import Send, flooding
from support.sectors import Emission, Gap, Make
from support.server import Server, environment, prepared_home
from support.workshop import Workshop

from ledger.core.record.kinds import AnyRecord, Erasure, Evidence, Facility, Product
from ledger.core.record.revisions import Amendment, Change
from ledger.host.files.key_files import write_key

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202etsurt\u2066\u200b\u200f\u2028\r\n\x7f[red]name[/red] :smile:"
"""Sets a title, clears the screen, turns colours and directions, hides, begins a line, and is markup."""
STYLE = re.compile(r"\x1b\[[0-9;]*m")
"""What rich writes on a terminal for bold and colours; the names hold none such but in C1's spelling."""


class Story(NamedTuple):
    server: Server
    shop: Workshop
    folder: Path
    digest: str
    erased: str

    def commands(self) -> list[list[str]]:
        """All that print what a ledger, a server or a file says."""
        folder, asked, vkey = self.folder, ["--url", self.server.url], ["--vkey", self.server.vkey]
        lot, site, home = self.shop.name("piece"), self.shop.name("site"), ["--home", str(self.server.home)]
        questions = [
            ["footprint", lot, *asked], ["contributions", lot, "--by", "source", *asked],
            ["methods", *asked], ["sensitivity", lot, *asked], ["gaps", lot, *asked], ["uncertainty", lot, *asked],
            ["changes", self.shop.id, *asked], ["trace", lot, *asked], ["indicators", "works", *asked],
            ["inventory", self.shop.id, "--year", "2025", *asked], ["plugin", "list", *asked],
            ["cbam", "--facility", site, "--year", "2025", *asked], ["audit", self.server.url, *vkey],
            ["audit", str(folder / "copy"), *vkey],
            ["audit", "sample", self.server.url, "--facility", site, "--period", "2025-01-01/2026-01-01", "--seed",
             EVIL, *vkey],
            ["monitor", self.server.url, *vkey, "--state", str(folder / f"{os.urandom(4).hex()}"), "--once"],
            ["verify", str(folder / "receipt"), *vkey], ["verify", str(folder / "bundle"), *vkey, "--on", "2025-06-01"],
            ["verify", str(folder / "statement"), *vkey, "--on", "2025-06-01"],
            ["verify", str(folder / EVIL.replace("/", "")), *vkey],
            ["footprint", f"urn:{EVIL}", *asked], ["footprint", lot, "--url", f"http://u:p@{EVIL}"],
            ["submit", str(folder / "envelopes"), *asked], ["submit", str(folder / "evil.json"), *asked],
            ["sign", str(folder / "evil.json"), "--key", str(folder / "key.pem"), "--origin", self.server.origin],
            ["enrol", "--request", str(folder / "evil.json"), *home, *asked],
        ]
        return [
            *questions, *[[*one, "--json"] for one in questions if one[0] not in ("sign",)],
            ["export", "bundle", self.digest, *asked], ["export", "bundle", lot, *asked],
            ["export", "footprint", lot, *asked], ["footprint", lot, f"--{EVIL}"], [EVIL],
            ["erase", self.erased, "--basis", EVIL, *home, *asked], ["serve", "--port", EVIL],
        ]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("story")
    with prepared_home() as home, Server(home) as server:
        shop = Workshop("shop")
        _, organization = shop.enrolment(server)
        names = {"en": EVIL, "zh": EVIL}
        opening: list[AnyRecord] = [record for _, record in shop.opening()]
        site, product = opening
        assert isinstance(site, Facility)
        assert isinstance(product, Product)
        emission = Emission(amount="5", source=EVIL, factor=EVIL)
        made = shop.make({"piece": "1", "other": "1"}, ore="10", activity=Make(
            co2="1", emissions=[emission], gaps=[Gap(what="oil"), Gap(what="gas", estimate="2")],
        ), evidence=[Evidence(digest="0" * 64, media_type=EVIL, kind=EVIL)])
        erased = shop.mine("erased", "1")
        receipts = server.post([
            (server.registrar, replace(organization, names=names)),
            shop.signed(replace(site, names=names, industry=EVIL)),
            shop.signed(replace(product, names=names)), made, erased,
        ])
        digest = receipts[3].digest
        activity = Raw(json.dumps({"co2": "2", "emissions": [{"amount": "5", "source": EVIL}]}).encode())
        server.post([
            shop.signed(Amendment(issuer=shop.id, nonce=shop.nonce(), reason=EVIL, changes=[
                Change(record=digest, fields={"activity": activity})])),
            (server.registrar, Erasure(issuer=server.registrar.id, nonce=shop.nonce(), record=receipts[4].digest,
                                       legal_basis=EVIL)),
        ])
        _files(folder, server, shop, digest)
        yield Story(server, shop, folder, digest, receipts[4].digest)


def _files(folder: Path, server: Server, shop: Workshop, digest: str) -> None:
    write_key(folder / "key.pem", shop.party.key)
    (folder / "evil.json").write_text(json.dumps({EVIL: EVIL, "type": EVIL}), encoding="utf-8")
    envelopes = server.envelopes([shop.make({"new": "1"}, {"piece": "0.1"}), shop.make({"x": "1"}, {"no": "1"})])
    (folder / "envelopes").write_bytes(b"\n".join(envelopes))
    asked = ["--url", server.url]
    run("submit", folder / "envelopes", "--receipts", folder / "receipt", *asked)
    for arguments in (["bundle", digest, "--output", folder / "bundle", *asked],
                      ["footprint", shop.name("piece"), "--output", folder / "statement", *asked],
                      ["log", folder / "copy", "--from", server.url]):
        assert run("export", *arguments).code == 0


def raw(text: str) -> set[str]:
    """The signs of a text that a terminal acts on, or that nobody can see."""
    return {sign for sign in text.replace("\n", "")
            if not sign.isprintable() and unicodedata.category(sign) != "Zs"}


def driven(commands: Sequence[Sequence[str]], home: Path, *, terminal: bool) -> list[str]:
    """What each command wrote to stdout and stderr, one after the other in one process, in a pipe or on a terminal. A
    command may begin with a variable of the environment."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(list(commands))], stdin=subprocess.DEVNULL, stdout=theirs,
        stderr=theirs,
        env={**environment(home), "TERM": "xterm-256color", "COLUMNS": "200"},
    )
    os.close(theirs)
    data = b""
    # A terminal whose other side is closed gives EIO.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 1 << 16):
            data += part
    os.close(ours)
    assert process.wait(60) == 0
    return data.decode().split(MARK)[1:]


MARK = "=== next ==="
# The bar of work that takes long moves the cursor, and on a busy machine any work takes long.
DRIVER = f"""
import json, os, sys
from ledger.cli import console, main
console._QUIET_SECONDS = float("inf")
for arguments in json.loads(sys.argv[1]):
    if arguments[0].startswith("CARBON_LEDGER_"):
        name, _, os.environ[name] = arguments.pop(0).partition("=")
    print({MARK!r}, end="", flush=True)
    try:
        main(arguments)
    except BaseException as error:
        print("raised", type(error).__name__)
    sys.stdout.flush()
"""


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_nothing_raw_comes_out_of_any_command(story: Story, terminal: bool) -> None:
    commands = story.commands()
    texts = driven(commands, story.server.home, terminal=terminal)
    assert len(texts) == len(commands)
    wrong = {}
    named = 0
    for arguments, text in zip(commands, texts, strict=True):
        plain = STYLE.sub("", text.replace("\r\n", "\n")) if terminal else text
        named += "202e" in plain
        if raw(plain) or "raised" in plain or not plain.strip():
            wrong[" ".join(arguments[:2])] = (raw(plain), plain[-300:])
    assert wrong == {}
    assert named > len(commands) // 3, "the names are hardly anywhere"


def test_a_server_that_sends_controls(story: Story) -> None:
    """As problems, as lines of text, and in the reason of its status."""
    problem = json.dumps({**dict.fromkeys(("detail", "code", "field", "value", "rule"), EVIL), "status": 422}).encode()

    def refuses(send: Send, _: object) -> None:
        send(b"HTTP/1.1 422 \x9b31m\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(problem) + problem)

    def talks(send: Send, _: object) -> None:
        send(b"HTTP/1.1 500 \xc2\x9b31m\r\nConnection: close\r\n\r\n" + EVIL.encode())

    for lie in (refuses, talks):
        with flooding(lie) as url:
            commands = [
                ["footprint", "urn:x", "--url", url], ["footprint", "urn:x", "--url", url, "--json"],
                ["audit", url, "--vkey", story.server.vkey], ["export", "log", str(story.folder / "no"), "--from", url],
                ["monitor", url, "--vkey", story.server.vkey, "--state", str(story.folder / "no-state"), "--once"],
                ["submit", str(story.folder / "envelopes"), "--patience", "0", "--url", url],
            ]
            for text in driven(commands, story.server.home, terminal=False):
                assert raw(text) == set(), text
                assert "error: " in text or '"detail"' in text


@pytest.mark.parametrize("url", ["http://user:s3cret@127.0.0.1:9", "http://user:s3cret@127.0.0.1:9:9",
                                 "ftp://user:s3cret@host", "user:s3cret@host"])
def test_no_password_of_a_servers_address_is_told(story: Story, url: str) -> None:
    vkey = ["--vkey", story.server.vkey]
    commands = [
        ["footprint", "urn:x", "--url", url], ["footprint", "urn:x", "--url", url, "--json"], ["audit", url, *vkey],
        ["audit", url, "--public", *vkey], ["export", "log", str(story.folder / "no"), "--from", url],
        ["monitor", url, *vkey, "--state", str(story.folder / "no-state"), "--once"],
        ["verify", str(story.folder / "receipt"), *vkey, "--log", url],
        ["submit", str(story.folder / "envelopes"), "--patience", "0", "--url", url],
        ["enrol", "--request", str(story.folder / "evil.json"), "--home", str(story.server.home), "--url", url],
    ]
    for arguments, text in zip(commands, driven(commands, story.server.home, terminal=False), strict=True):
        assert "s3cret" not in text, arguments
        assert "error" in text or '"detail"' in text


DATABASES = [
    "postgresql://user:s3cret@127.0.0.1:9/db", "postgresql://user:s3cret@127.0.0.1:port/db",
    "postgres://u:s3cret@[::1/d", "postgresql://127.0.0.1:9/db?user=u&password=s3cret",
    "postgresql://user:s3cret@127.0.0.1:9/db?sslmode=other", "mysql://user:s3cret@127.0.0.1/db",
    "postgresql:///db?host=/nowhere&user=u&password=s3cret",
]


def test_no_password_of_a_databases_address_is_told(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home")]
    commands = [[f"CARBON_LEDGER_DATABASE_URL={url}", *arguments] for url in DATABASES
                for arguments in (["init", *home], ["audit", url, *home])]
    commands += [[f"CARBON_LEDGER_DATABASE_URL={DATABASES[0]}", *arguments]
                 for arguments in (["serve", "--port", "0", *home], ["anchor", "show", *home, "--json"])]
    for arguments, text in zip(commands, driven(commands, tmp_path, terminal=False), strict=True):
        assert "s3cret" not in text, arguments
        assert "error" in text or '"detail"' in text, arguments
