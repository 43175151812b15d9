"""A factor set is upgraded: its version in force goes on from its archive, and nobody activates anything."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import httpx
import msgspec
import pytest
from msgspec import Raw
from support.bricks import install
from support.factor_tables import factor, files
from support.factor_tables import supply as sand
from support.revising import amend, change
from support.server import Posted, Server, command, prepared_home
from support.site import supply
from support.workshop import Workshop, workshop

from ledger.admission.activations import PluginActivation
from ledger.client.audit.source.interface import AuditSource
from ledger.client.audit.source.served_sets import MOST_BYTES, ServedSets
from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput
from ledger.registry.archives import read_set
from ledger.registry.set_packages import SetNames, set_files, write_new

NAME: Final = "river-works"
PACKAGE: Final = "carbon_ledger_river_works"
OLD, NEW = "2026.1", "2026.2"


class Sites(NamedTuple):
    """Folders that have one version of the set each. `changed` has other tables under the name of the old version.
    `shared` has the new version of a set that servers give to everybody."""

    old: Path
    new: Path
    changed: Path
    shared: Path


def package(folder: Path, version: str, kilograms: str) -> Path:
    """The source of a package with one version, in which a kilogram of sand costs so many kg CO2e."""
    tables = files([sand("sand")], [factor("sand", gases=f"CO2e {kilograms}")])
    write_new(folder, set_files(SetNames(NAME), version, tables))
    return folder


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Sites:
    folder = tmp_path_factory.mktemp("sites")
    changed = package(folder / "source-changed", OLD, "7")
    (changed / PACKAGE / "v2026_1" / "digest.txt").unlink()
    shared = package(folder / "source-shared", NEW, "3")
    module = shared / PACKAGE / "__init__.py"
    module.write_text(module.read_text().replace("VERSIONS, en=", "VERSIONS, shared=True, en="))
    sources = package(folder / "source-old", OLD, "1"), package(folder / "source-new", NEW, "3"), changed, shared
    for name, source in zip(Sites._fields, sources, strict=True):
        install(source, folder / name)
    return Sites(*[folder / name for name in Sites._fields])


class Works:
    """A ledger that has put version 2026.1 of the set into force. `digest`: of that version."""

    def __init__(self, home: Path, shop: Workshop, digest: str, first: Posted) -> None:
        self.home, self.shop, self.digest, self.first = home, shop, digest, first


def made(shop: Workshop, lot: str) -> Posted:
    """Of 5 kg of sand and ore each, with 1 kg CO2 on site."""
    return shop.make({lot: "10"}, supplies=[supply("sand", "5 KGM")], ore="5")


def figure(server: Server, shop: Workshop, lot: str) -> float:
    answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name(lot)}, timeout=60)
    answer.raise_for_status()
    return float(answer.json()["footprint"])


def state(server: Server) -> Any:
    (found,) = [one for one in httpx.get(f"{server.url}/v1/plugins", timeout=60).json() if one["name"] == NAME]
    return found


def activate(server: Server, site: Path) -> Any:
    return command(server.home, "plugin", "activate", NAME, "--url", server.url, installed=[site])


@pytest.fixture
def works(sites: Sites) -> Iterator[Works]:
    with prepared_home() as home:
        with Server(home, installed=[sites.old]) as server:
            shop = workshop(server, "works")
            assert activate(server, sites.old).returncode == 0
            first = made(shop, "first")
            server.post([first])
            assert figure(server, shop, "first") == 6.0
            digest = state(server)["inForceDigest"]
        yield Works(home, shop, digest, first)


def test_the_version_in_force_prices_on(works: Works, sites: Sites) -> None:
    """After an upgrade, after its successor's activation, and at a server that has no version of the set."""
    home, shop = works.home, works.shop
    with Server(home, installed=[sites.new]) as server:
        server.post([made(shop, "second")])
        assert figure(server, shop, "second") == 6.0
        found = state(server)
        assert (found["inForce"], found.get("installed", False), found["archived"]) == (OLD, False, True)
        doctor = command(home, "doctor", installed=[sites.new]).stdout
        assert f"{NAME}@{NEW} ({OLD} is in force)" in doctor, doctor
        assert activate(server, sites.new).returncode == 0
        again = amend(shop, change(works.first, activity=Raw(b'{"co2":"2"}')))
        server.post([made(shop, "third"), again])
        assert (figure(server, shop, "third"), figure(server, shop, "first")) == (16.0, 7.0)
    with Server(home) as server:
        server.post([made(shop, "fourth")])
        assert figure(server, shop, "fourth") == 16.0
        assert "from their archives run" in command(home, "doctor").stdout


def test_a_shared_set_is_given_to_everybody(works: Works, sites: Sites) -> None:
    """Also a version that its package no longer has. It is data with the digest in force, and never code."""
    with Server(works.home, installed=[sites.shared]) as server:
        data = httpx.get(f"{server.url}/v1/plugins/{works.digest}/archive", timeout=60).raise_for_status().content
        read = read_set(data, NAME, OLD, works.digest)
        assert (read.tag, read.digest, [one.row for one in read]) == (
            f"{NAME}@{OLD}", works.digest, ["sand/cradleToGate/*/2020"])
        versions = httpx.get(f"{server.url}/v1/plugins/versions", timeout=60).json()
        assert {one["archived"] for one in versions if one["plugin"] == NAME} == {True}
        with pytest.raises(InvalidInput, match="its files have the digest"):
            read_set(data, NAME, OLD, "0" * 64)
        code = next(one["digest"] for one in versions if one["kind"] == "sector")
        data = httpx.get(f"{server.url}/v1/plugins/{code}/archive", timeout=60).raise_for_status().content
        with pytest.raises(InvalidInput, match="it holds code"):
            read_set(data, NAME, OLD, code)


def test_an_audit_recomputes_with_the_tables_that_a_server_gives(works: Works, sites: Sites, tmp_path: Path) -> None:
    """The auditor has the sector and no version of the set. Of a set that the server keeps, it compares."""
    with Server(works.home, installed=[sites.shared]) as server:
        assert activate(server, sites.shared).returncode == 0
        server.post([made(works.shop, "second")])
        code, report = audited(server)
        assert (code, report["ok"], report["not_recomputed"]) == (0, True, {})
        assert report["recomputed"] >= 2
        # From its state an audit knows the sets that came into force before.
        state = ("--state", str(tmp_path / "state"))
        assert audited(server, *state)[0] == 0
        server.post([made(works.shop, "third"), amend(works.shop, change(works.first, activity=Raw(b'{"co2":"2"}')))])
        code, report = audited(server, *state)
        assert (code, report["ok"], report["not_recomputed"]) == (0, True, {})
    with Server(works.home, installed=[sites.new]) as server:
        code, report = audited(server)
        assert (code, report["ok"], report["findings"]) == (1, False, [])
        assert report["not_recomputed"] == {f"factor set {NAME}": 3}
        told = command(works.home, "audit", server.url, "--vkey", server.vkey).stdout.splitlines()[-1]
        assert told.startswith(f"compared, not recomputed: 3 records of factor set {NAME}; install the factor sets")
        assert audited(server, "--compare-only")[0] == 0


def test_tables_of_another_digest_are_not_used(works: Works, sites: Sites) -> None:
    """A server cannot price an audit with tables that the log does not name."""
    with Server(works.home, installed=[sites.shared]) as server:
        data = httpx.get(f"{server.url}/v1/plugins/{works.digest}/archive", timeout=60).raise_for_status().content
    registry = Registry()

    async def learned(digest: str, most: int = MOST_BYTES) -> list[str]:
        active = PluginActivation(5, NAME, OLD, digest, False, 1)
        return await ServedSets(registry, most).learn(cast(AuditSource, Giving(data)), [None, active])

    (note,) = asyncio.run(learned("0" * 64))
    assert "cannot be used: not an archive of a plugin: its files have the digest" in note
    (note,) = asyncio.run(learned(works.digest, most=10))
    assert "all sets together have more than" in note
    assert not registry.has_set(works.digest)
    assert asyncio.run(learned(works.digest)) == []
    assert registry.has_set(works.digest)


class Giving:
    """A source with one archive, whatever is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def archive(self, _: str) -> bytes:
        return self._data


def audited(server: Server, *options: str) -> tuple[int, Any]:
    """The exit code of an audit without the set, and its report."""
    done = command(server.home, "audit", server.url, "--vkey", server.vkey, "--json", *options)
    return done.returncode, msgspec.json.decode(done.stdout)


def test_servers_alone_read_other_tables(works: Works, sites: Sites) -> None:
    """They may be licensed to the operator alone."""
    with Server(works.home, installed=[sites.new]) as server:
        answer = httpx.get(f"{server.url}/v1/plugins/{works.digest}/archive", timeout=60)
        assert (answer.status_code, answer.json()["field"]) == (404, "digest")
        (version,) = [one for one in httpx.get(f"{server.url}/v1/plugins/versions", timeout=60).json()
                      if one["digest"] == works.digest]
        assert (version["plugin"], version["archived"]) == (NAME, False)
        found = command(works.home, "factors", "search", "sand", "--url", server.url)
        assert (found.returncode, f"does not give the tables of factor set {NAME}@{OLD}" in found.stderr) == (1, True)


def test_a_version_never_denotes_two_digests(works: Works, sites: Sites, tmp_path: Path) -> None:
    """Neither on a log, nor in a package of a released version: that is refused wherever it is loaded."""
    with Server(works.home, installed=[sites.changed]) as server:
        refused = activate(server, sites.changed)
        assert (refused.returncode, f"{NAME} {OLD} has the digest {works.digest}" in refused.stderr) == (1, True)
        server.post([made(works.shop, "fifth")])
        assert figure(server, works.shop, "fifth") == 6.0
    source = package(tmp_path / "source", OLD, "1")
    file = source / PACKAGE / "v2026_1" / "factors.csv"
    file.write_bytes(file.read_bytes().replace(b"CO2e 1", b"CO2e 2"))
    install(source, tmp_path / "site")
    listed = command(works.home, "factors", "list", installed=[tmp_path / "site"])
    assert (listed.returncode, f"factor set {NAME}@{OLD} has changed" in listed.stderr) == (1, True), listed.stderr
    with pytest.raises(RuntimeError, match=f"factor set {NAME}@{OLD} has changed"):
        Server(works.home, installed=[tmp_path / "site"])
