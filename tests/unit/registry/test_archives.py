"""Archives of plugins: what an installed plugin gives comes back, and nothing else is an archive."""

import asyncio
import io
import sys
import zipfile
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
from msgspec.structs import replace
from support.bricks import MODULE
from support.raising import raised
from support.routes import every_case
from support.waiting import until

from ledger.engine.sectors import Installed
from ledger.errors import InvalidInput, LedgerError, Unavailable
from ledger.registry import archives
from ledger.registry.archives import Archive, archive_bytes, archive_of, packed, read_archive, sector_in, unpack
from ledger.registry.assessing import AssessmentCall, AssessmentResult
from ledger.registry.digests import SDK, code_of, digest_of
from ledger.registry.installed import installed
from ledger.registry.scaffold import files_of
from ledger.registry.workers import pool as pool_module
from ledger.registry.workers.apart import apart
from ledger.registry.workers.earlier import EarlierPool, EarlierPools
from ledger.sdk import Assessment, Context, Quantity, Sector, SupplyFacts

ENTRY = "tiny:plugin"
CODE = {"ledger.sdk/__init__.py": b"", "ledger.sdk/data/places.csv": b"a\n", "tiny/__init__.py": b"x = 1\n"}
Member = tuple[str, bytes]
GOOD: list[Member] = [("ledger/sdk/__init__.py", b""), ("tiny/__init__.py", b"x = 1\n")]


def zipped(members: list[Member], entry: str = ENTRY, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
        archive.comment = entry.encode()
    return target.getvalue()


def refused(data: bytes, digest: str | None = None) -> InvalidInput:
    error = raised(InvalidInput, read_archive, data, digest)
    assert (error.code, bool(error.rule)) == ("plugin-archive", True)
    return error


@pytest.fixture(scope="module")
def steel() -> Archive:
    return archive_of(installed().sector("steel").entry)


def test_an_installed_plugin_comes_back(steel: Archive) -> None:
    data = archive_bytes(steel)
    assert (read_archive(data, digest_of("carbon_ledger_steel")), archive_bytes(read_archive(data))) == (steel, data)
    assert len(data) < 200_000


def test_the_files_are_the_ones_of_the_digest(steel: Archive, tmp_path: Path) -> None:
    assert steel.code == dict([*code_of("carbon_ledger_steel"), *code_of("ledger.sdk")])
    unpack(steel, tmp_path)
    assert (tmp_path / "ledger" / "sdk" / "__init__.py").read_bytes() == steel.code["ledger.sdk/__init__.py"]
    assert len([one for one in tmp_path.rglob("*") if one.is_file()]) == len(steel.code)


def test_a_single_module_is_an_archive_too() -> None:
    archive = packed("brick:plugin", {"ledger.sdk/__init__.py": b"", "brick.py": b"y = 2\n"})
    assert read_archive(archive_bytes(archive), archive.digest) == archive


@pytest.mark.parametrize("change", [
    lambda code: {**code, "tiny/__init__.py": b"x = 2\n"}, lambda code: {**code, "tiny/more.py": b""},
    lambda code: {path: content for path, content in code.items() if "sdk" not in path},
    lambda code: {path.replace("places", "spaces"): content for path, content in code.items()},
])
def test_other_files_have_another_digest(change: Callable[[Any], Any]) -> None:
    digest = packed(ENTRY, CODE).digest
    assert refused(archive_bytes(packed(ENTRY, change(CODE))), digest).field == "digest"


@pytest.mark.parametrize("name", [
    "../evil.py", "/etc/evil.py", "tiny/../../evil.py", "tiny//evil.py", "tiny/./evil.py", "tiny/.hidden.py",
    "tiny\\evil.py", "C:/evil.py", "tiny/evil.so", "tiny/evil.pth", "other/evil.py", "evil.py", "ledger/errors.py",
    "ledger/__init__.py", "ledger/sdk", "tiny/", "tiny/evil\n.py", "tiny/böse.py", "sitecustomize.py",
    f"tiny/{'x' * 300}.py",
])
def test_no_other_path_is_allowed(name: str) -> None:
    assert refused(zipped([*GOOD, (name, b"")])).field == "path"


def test_a_path_is_there_once() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped([*GOOD, GOOD[1]])
    assert "twice" in refused(data).message


@pytest.mark.parametrize("entry", [
    "", "tiny", "tiny:", ":plugin", "tiny:plugin()", "tiny:a.b", "os.system:x;", "ledger.cli:main", "ti ny:plugin",
    "tiny:plugin\n", "böse:plugin", f"tiny:{'x' * 300}",
])
def test_no_other_entry_point_is_allowed(entry: str) -> None:
    assert refused(zipped(GOOD, entry)).field == "entry"


def test_a_small_zip_of_a_large_file_is_refused_before_it_is_read() -> None:
    bomb = zipped([*GOOD, ("tiny/large.csv", bytes(archives.MAX_UNPACKED + 1))])
    assert len(bomb) < 100_000
    assert str(archives.MAX_UNPACKED) in (refused(bomb).rule or "")


def test_a_zip_that_states_less_than_it_holds_is_refused() -> None:
    data = bytearray(zipped([*GOOD, ("tiny/large.csv", bytes(1_000_000))]))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert "cannot be read" in refused(bytes(data)).message


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 10)
    refused(zipped([*GOOD, *[(f"tiny/m{number}.py", b"") for number in range(9)]]))


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    assert "at most 100 bytes" in (refused(zipped(GOOD)).rule or "")


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"\x00" * 1_000])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    refused(data)


def test_every_flipped_byte_is_noticed() -> None:
    """No change of a byte gives other files."""
    archive = packed(ENTRY, CODE)
    data = archive_bytes(archive)
    noticed = 0
    for position in range(len(data)):
        flipped = data[:position] + bytes([data[position] ^ 0x40]) + data[position + 1 :]
        try:
            again = read_archive(flipped, archive.digest)
        except InvalidInput:
            noticed += 1
            continue
        # Times, attributes, and the letters of the entry point are not under the digest.
        assert again.code == archive.code
    assert noticed > len(data) / 2


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(method: int) -> None:
    assert refused(zipped(GOOD, method=method)).field == "path"


def test_an_encrypted_zip_is_refused() -> None:
    data = bytearray(zipped(GOOD))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark)
        data[at + offset] |= 1
    refused(bytes(data))


# Workers of archived versions: started at need, ended when idle, few at a time, and of the archive's own code.

POOLS_CODE: Final = dict(code_of(SDK))
CONTEXT: Final[Context] = next(case.context for case in every_case())


def archive(version: str, module: str = MODULE) -> Archive:
    return packed("brickworks:plugin", {**POOLS_CODE, "brickworks.py": module.replace("2.3.0", version).encode()})


def pool_of(pools: EarlierPools, archived: Archive) -> EarlierPool:
    return pools.pool(archived.digest, "bricks", partial(given, archived))


async def given(archived: Archive) -> Archive:
    return archived


def call(archived: Archive) -> AssessmentCall:
    """A record of clay, of which 1 t gives off the CO2 of 12 kg of carbon."""
    sector = Sector(name="bricks", version="0", en="", zh="", routes={})
    clay = SupplyFacts(index=0, material="clay", quantity=Quantity(value="1000", unit="KGM"), mass=Decimal(1000),
                       nature=True, priced=True)
    context = replace(CONTEXT, process="bricks.kiln", route="kiln", inputs=(), supplies=(clay,))
    return AssessmentCall(Installed(sector, archived.digest, ""), context, b'{"carbonate":"12"}')


def run(test: Callable[[EarlierPools], Awaitable[None]], **options: Any) -> None:
    async def inside() -> None:
        pools = EarlierPools(5.0, workers=1, **options)
        try:
            await test(pools)
        finally:
            await pools.close()

    asyncio.run(inside())


def _is_there(folder: Path) -> bool:
    return (folder / "brickworks.py").exists()


def error_of(results: list[AssessmentResult]) -> LedgerError:
    (result,) = results
    assert isinstance(result, LedgerError), result
    return result


def test_it_starts_at_need_and_ends_when_idle() -> None:
    async def test(pools: EarlierPools) -> None:
        one = archive("1")
        pool = pool_of(pools, one)
        assert pools.processes == []
        (result,) = await pool.assess([call(one)])
        assert isinstance(result, Assessment), result
        (pid,) = pools.processes
        folder = Path(psutil.Process(pid).cmdline()[-3])
        assert _is_there(folder)
        await asyncio.to_thread(until, lambda: not psutil.pid_exists(pid) and not _is_there(folder), "it runs on")
        assert pools.processes == []
        (again,) = await pool.assess([call(one)])
        assert again == result
        assert pools.processes not in ([], [pid])

    run(test, idle_seconds=2.0)


def test_a_worker_does_not_count_the_memory_of_the_process_that_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh worker of a server that has grown large stays."""
    monkeypatch.setattr(pool_module, "MOST_MEMORY", 256 << 20)
    ballast = memoryview(b"\1" * (256 << 20))

    async def test(pools: EarlierPools) -> None:
        one = archive("1")
        await pool_of(pools, one).assess([call(one)])
        (pid,) = pools.processes
        await pool_of(pools, one).assess([call(one)])
        assert pools.processes == [pid]

    run(test)
    ballast.release()


def test_the_longest_idle_version_makes_room() -> None:
    async def test(pools: EarlierPools) -> None:
        archives = [archive(str(number)) for number in range(3)]
        for one in archives:
            await pool_of(pools, one).describe()
        assert [pool_of(pools, one).running for one in archives] == [False, True, True]
        await pool_of(pools, archives[0]).describe()
        assert [pool_of(pools, one).running for one in archives] == [True, False, True]

    run(test, most=2)


def test_a_busy_version_makes_no_room() -> None:
    async def test(pools: EarlierPools) -> None:
        one, other = archive("1"), archive("2")
        pool = pool_of(pools, one)
        await pool.describe()
        pool.using += 1
        error = error_of(await pool_of(pools, other).assess([call(other)]))
        assert (error.code, "at work" in error.message) == ("plugin-busy", True)
        pool.using -= 1
        (result,) = await pool_of(pools, other).assess([call(other)])
        assert isinstance(result, Assessment)

    run(test, most=1)


@pytest.mark.parametrize(("module", "words"), [
    ("raise ValueError('broken')\n", "ValueError: broken"),
    ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'"),
    ("def plugin():\n    return 1\n", "does not return a Sector"),
    ("import os\nos._exit(3)\n", "it ended itself with code 3"),
    (MODULE.replace('name="bricks"', 'name="other"'), "does not return a Sector with that name"),
    ("def other():\n    pass\n", "has no attribute 'plugin'"),
])
def test_an_archive_that_does_not_load_is_named(module: str, words: str) -> None:
    async def test(pools: EarlierPools) -> None:
        broken = archive("1", module)
        error = error_of(await pool_of(pools, broken).assess([call(broken)]))
        assert isinstance(error, Unavailable)
        assert (error.code, words in error.message, broken.digest in error.message) == ("plugin-version", True, True)
        assert pools.processes == []

    run(test)


def test_other_code_under_its_digest_is_not_used() -> None:
    """The worker states the digest of the code that it has imported."""
    async def test(pools: EarlierPools) -> None:
        true, false = archive("1"), archive("2")
        pool = pools.pool(true.digest, "bricks", partial(given, false))
        assert "other code than the archive holds" in error_of(await pool.assess([call(true)])).message

    run(test)


def test_callers_share_a_start() -> None:
    async def test(pools: EarlierPools) -> None:
        one = archive("1")
        results = await asyncio.gather(*[pool_of(pools, one).assess([call(one)]) for _ in range(5)])
        assert all(isinstance(result, Assessment) for (result,) in results)
        assert len(pools.processes) == 1

    run(test)


def test_the_archived_sdk_computes_and_the_running_program_does_the_rest() -> None:
    """A module of the archived SDK that the running SDK does not have: the figure follows it."""
    changed = packed("brickworks:plugin", {
        **POOLS_CODE, "brickworks.py": MODULE.replace("* CO2_PER_C", "* CO2_PER_C * FACTOR").replace(
            "from ledger.sdk import", "from ledger.sdk.extra import FACTOR\nfrom ledger.sdk import").encode(),
        "ledger.sdk/extra.py": b"FACTOR = 10\n",
    })
    with apart([archive("1"), changed]) as (plain, tenfold):
        assert (plain.tag, tenfold.tag) == ("bricks/1", "bricks/2.3.0")
        amounts = [[line.amount for line in one.assess(*call(archive("1"))[1:]).lines] for one in (plain, tenfold)]
    (first,), (second,) = amounts
    assert [float(first), float(second)] == pytest.approx([44, 440])


def salt_works() -> Archive:
    """A new sector of tables, with the SDK of this program."""
    code = {path.replace("carbon_ledger_salt_works", "salt", 1): text.encode()
            for path, text in files_of("salt-works", tables=True).items()
            if path.startswith("carbon_ledger_salt_works/") and path.endswith((".py", ".csv"))}
    return packed("salt:plugin", {**dict(code_of(SDK)), **code})


def test_a_sector_of_tables_is_read_as_data() -> None:
    """Without its code, and only if the SDK of the archive is that of this program."""
    archive = read_archive(archive_bytes(salt_works()))
    sector = sector_in(archive)
    assert (sector is None, sector and sector.name, "salt" in sys.modules) == (False, "salt-works", False)
    other = {**archive.code, f"{SDK}/energy.py": b"POWER = 0\n"}
    assert sector_in(packed("salt:plugin", other)) is None


def test_a_sector_with_code_is_no_data() -> None:
    assert sector_in(archive_of(installed().sectors["steel"].entry)) is None
    code = {**salt_works().code, "salt/__init__.py": b"import os\n"}
    assert sector_in(packed("salt:plugin", code)) is None
