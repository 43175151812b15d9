"""A sector is upgraded: its earlier version goes on from its archive, and what it has computed stays, bit for bit."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import psutil
import pytest
from msgspec import Raw
from support.bricks import MODULE, bricks, install, release
from support.revising import amend, change
from support.server import Posted, Server, command, prepared_home
from support.waiting import until
from support.workshop import Workshop

from ledger.core.receipts.receipt import Receipt
from ledger.registry.archives import read_archive
from ledger.registry.workers.loop import MEMORY

OLD, NEW = "2.3.0", "2.4.0"
_SECONDS: Final = "1"
HAZARDS: Final = MODULE.replace("    draft = Draft(context)\n", """\
    if activity.carbonate == "66":
        while True:
            pass
    if activity.carbonate == "77":
        raise SystemExit(len(bytearray(3 << 30)))
    draft = Draft(context)
""")


class Sites(NamedTuple):
    """Folders that have one version of the sector each."""

    old: Path
    new: Path


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Sites:
    folder = tmp_path_factory.mktemp("sites")
    for version in (OLD, NEW):
        install(release(folder / f"source-{version}", version, HAZARDS), folder / version)
    return Sites(folder / OLD, folder / NEW)


def carbonate(kilograms: str) -> Raw:
    return Raw(msgspec.json.encode({"carbonate": kilograms}))


class Kiln:
    """A ledger whose server had version 2.3.0 installed, and now has 2.4.0."""

    def __init__(self, home: Path, server: Server, shop: Workshop) -> None:
        self.home, self.server, self.shop = home, server, shop
        self.figures: dict[str, Any] = {}

    def post(self, *posted: Posted) -> None:
        self.server.post(list(posted))

    def figure(self, lot: str) -> tuple[str, float]:
        answer = httpx.get(f"{self.server.url}/v1/footprint", params={"lot": self.shop.name(lot)}, timeout=60)
        answer.raise_for_status()
        return answer.json()["plugin"], answer.json()["footprint"]

    def run(self, *arguments: str, site: Path | None = None, code: int = 0) -> Any:
        done = command(self.home, *arguments, "--json", installed=[site] if site else [])
        assert done.returncode == code, done.stdout + done.stderr
        return msgspec.json.decode(done.stdout)

    def versions(self) -> list[Any]:
        found: list[Any] = httpx.get(f"{self.server.url}/v1/plugins/versions", timeout=60).json()
        return [one for one in found if one["plugin"] == "bricks"]

    def refused(self, posted: Posted) -> Any:
        (answer,) = self.server.submit(self.server.envelopes([posted]))
        assert not isinstance(answer, Receipt)
        return answer


@pytest.fixture(scope="module")
def kiln(sites: Sites) -> Iterator[Kiln]:
    """Of each lot, what it has been: by 2.3.0 while it was installed, from its archive, and by 2.4.0. Nothing of the
    archived version runs on after the server, or leaves its folder."""
    with prepared_home() as home:
        shop = Workshop("kiln")
        first, other, renewed = [bricks(shop, lot) for lot in ("first", "other", "renewed")]
        with Server(home, installed=[sites.old]) as server:
            server.post([shop.enrolment(server), *shop.opening(), first, other, renewed])
        with Server(home, installed=[sites.new], CARBON_LEDGER_ASSESS_SECONDS=_SECONDS) as server:
            kiln = Kiln(home, server, shop)
            kiln.post(bricks(shop, "second"), amend(shop, change(first, activity=carbonate("24"))))
            kiln.figures = {lot: kiln.figure(lot) for lot in ("first", "other", "renewed", "second")}
            assert "installed, but not in force on the log: bricks/2.4.0 (2.3.0 is in force)" in server.log()
            assert "`carbon-ledger plugin activate bricks`" in server.log()
            assert "bricks/2.4.0 (2.3.0 is in force)" in command(home, "doctor", installed=[sites.new]).stdout
            kiln.run("plugin", "activate", "bricks", "--url", server.url, site=sites.new)
            again = msgspec.structs.replace(amend(shop, change(renewed, activity=carbonate("18")))[1],
                                            versions="newest")
            kiln.post(
                bricks(shop, "third"), amend(shop, change(other, activity=carbonate("24"))), shop.signed(again),
            )
            yield kiln
            workers = [one for one in psutil.Process(server.process.pid).children()
                       if "ledger.registry.workers.archived" in one.cmdline()]
            folders = {Path(one.cmdline()[-3]) for one in workers}
            assert workers
            assert all(folder.exists() for folder in folders)
        until(lambda: not any(one.is_running() for one in workers), "a worker goes on")
        assert not any(folder.exists() for folder in folders)


def test_the_installed_version_waits_for_the_registrar(kiln: Kiln) -> None:
    assert kiln.figures == {
        "first": (f"bricks/{OLD}", 88.0), "other": (f"bricks/{OLD}", 44.0), "renewed": (f"bricks/{OLD}", 44.0),
        "second": (f"bricks/{OLD}", 44.0),
    }


def test_after_its_activation_old_records_keep_their_version(kiln: Kiln) -> None:
    """Amended ones too, unless the amendment asks for the newest."""
    assert (kiln.figure("third"), kiln.figure("other")) == ((f"bricks/{NEW}", 88.0), (f"bricks/{OLD}", 88.0))
    assert (kiln.figure("renewed"), kiln.figure("first")) == ((f"bricks/{NEW}", 132.0), kiln.figures["first"])
    assert kiln.figure("second") == kiln.figures["second"]


def test_the_archive_is_what_the_log_names(kiln: Kiln) -> None:
    assert [(one["version"], one["kind"], one["archived"]) for one in kiln.versions()] == [
        (OLD, "sector", True), (NEW, "sector", True)]
    for one in kiln.versions():
        answer = httpx.get(f"{kiln.server.url}/v1/plugins/{one['digest']}/archive", timeout=60)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Type"] == "application/zip"
        assert read_archive(answer.content, one["digest"]).package == "brickworks"
    for digest, status in (("0" * 64, 404), ("x", 400), ("A" * 64, 400)):
        answer = httpx.get(f"{kiln.server.url}/v1/plugins/{digest}/archive", timeout=60)
        assert (answer.status_code, answer.json()["field"]) == (status, "digest")


def test_limits_hold_for_an_archived_version(kiln: Kiln) -> None:
    """It can be in force, and hang or take memory; records of others go on."""
    (old, _) = kiln.versions()
    kiln.run("plugin", "activate", "bricks", "--version", OLD, "--digest", old["digest"], "--url", kiln.server.url)
    shop = kiln.shop

    def with_carbonate(lot: str, kilograms: str) -> Posted:
        party, record = bricks(shop, lot)
        return party, msgspec.structs.replace(record, activity=carbonate(kilograms))

    hung = kiln.refused(with_carbonate("hung", "66"))
    assert (hung["code"], f"bricks/{OLD}" in hung["detail"]) == ("plugin-timeout", True)
    large = kiln.refused(with_carbonate("large", "77"))
    assert (large["code"], "MemoryError" in large["detail"]) == ("plugin-failed", True)
    assert MEMORY < 3 << 30
    kiln.post(bricks(shop, "fine"))
    assert kiln.figure("fine") == (f"bricks/{OLD}", 44.0)


def test_an_audit_recomputes_all_with_the_fetched_versions(kiln: Kiln, sites: Sites, tmp_path: Path) -> None:
    audit = ("audit", kiln.server.url, "--vkey", kiln.server.vkey)
    without = kiln.run(*audit, site=sites.new, code=1)
    assert (without["ok"], without["findings"], [*without["not_recomputed"]]) == (False, [], [f"bricks/{OLD}"])
    assert f"records of bricks/{OLD}" in " ".join(without["notes"])
    folder = tmp_path / "plugins"
    got = kiln.run("plugin", "fetch", str(folder), "--url", kiln.server.url)
    digests = {one["digest"] for one in kiln.versions()}
    assert {f"bricks-{digest}.zip" for digest in digests} <= set(got["fetched"])
    # With neither version installed, all of them come from the folder.
    report = kiln.run(*audit, "--plugins", str(folder))
    assert not [note for note in report["notes"] if "not recomputed" in note]
    assert report["recomputed"] > without["recomputed"]
    again = kiln.run("plugin", "fetch", str(folder), "--url", kiln.server.url)
    assert (again["fetched"], sorted(again["present"])) == ([], sorted(got["fetched"]))


def test_an_auditor_refuses_other_code(kiln: Kiln, tmp_path: Path) -> None:
    """What the name says is not what the files give; and an empty folder is no folder of plugins."""
    audit = ("audit", kiln.server.url, "--vkey", kiln.server.vkey, "--plugins", str(tmp_path))
    done = command(kiln.home, *audit)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "holds no archives of plugins" in done.stderr
    old, new = kiln.versions()
    data = httpx.get(f"{kiln.server.url}/v1/plugins/{new['digest']}/archive", timeout=60).content
    (tmp_path / f"bricks-{old['digest']}.zip").write_bytes(data)
    done = command(kiln.home, *audit)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"its files have the digest {new['digest']}" in done.stderr


def test_a_statement_is_recomputed_with_a_fetched_version(kiln: Kiln, tmp_path: Path) -> None:
    answer = httpx.get(f"{kiln.server.url}/v1/statement", params={"lot": kiln.shop.name("first")}, timeout=60)
    answer.raise_for_status()
    file = tmp_path / "statement"
    file.write_bytes(answer.content)
    kiln.run("plugin", "fetch", str(tmp_path / "plugins"), "--url", kiln.server.url)
    verify = ("verify", str(file), "--vkey", kiln.server.vkey, "--bodies", kiln.server.url,
              "--on", "2025-06-01")
    assert kiln.run(*verify)["assessed"] is False
    assert kiln.run(*verify, "--plugins", str(tmp_path / "plugins"))["assessed"] is True


def test_what_an_archive_of_the_database_holds_is_checked(kiln: Kiln) -> None:
    """The bytes under a digest are those of the files that it covers."""
    for one in kiln.versions():
        data = httpx.get(f"{kiln.server.url}/v1/plugins/{one['digest']}/archive", timeout=60).content
        assert hashlib.sha256(data).hexdigest() != one["digest"] == read_archive(data).digest
