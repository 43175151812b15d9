"""The owner of the database, triggers off, changes what belongs to the log as a whole: tiles, the head, what the ledger
is, published heads; or adds rows that no record made. The audit says so.

Tiles need a log of more than two of them; each case works on a copy of it.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from support.campaign import Campaign
from support.databases import Database, copied
from support.kept import Kept, filled
from support.server import Server
from support.tampering import deeds
from support.workshop import workshop

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.note import NoteSigner
from ledger.errors import ConfigurationError
from ledger.host.files.key_files import LOG_KEY, read_key

ENTRIES: Final = 520
Finding = tuple[str, int | None]
OTHER: Final = "(SELECT other.{0} FROM tile other WHERE other.level = 0 AND other.index = 1 - tile.index)"
SWAPPED: Final = (
    "UPDATE tile SET hashes = " + OTHER.format("hashes") + ", root = " + OTHER.format("root") + " WHERE level = 0"
)

# What is done, what finds it, and whether it is found from outside too.
CASES: Final[dict[str, tuple[str, Finding, bool]]] = {
    "a hash of a tile": (
        "UPDATE tile SET hashes = overlay(hashes PLACING sha256('') FROM 33) WHERE index = 1", ("tiles", None), True),
    "a tile's own root, which the level above shows": (
        "UPDATE tile SET root = sha256('') WHERE index = 1", ("tiles", None), False),
    "a tile less": ("DELETE FROM tile WHERE index = 1", ("tiles", None), True),
    "two tiles swapped": (SWAPPED, ("tiles", None), True),
    "a tile of a higher level too many": (
        "INSERT INTO tile SELECT 1, 0, hashes, root FROM tile WHERE index = 0", ("tiles", None), False),
    "a tile beyond the log": (
        "INSERT INTO tile SELECT 0, 9, hashes, root FROM tile WHERE index = 0", ("tiles", None), False),
    "the head's root": ("UPDATE head SET root = sha256('')", ("root", None), True),
    "the head's frontier": (
        "UPDATE head SET frontier = set_byte(frontier, length(frontier) - 1, 7 # "
        "get_byte(frontier, length(frontier) - 1))", ("root", None), False),
    "the head's time": ("UPDATE head SET time = time + 1", ("time", None), False),
    "a head behind": ("UPDATE head SET size = size - 1", ("root", None), True),
    "the log's key": ("UPDATE ledger SET vkey = vkey || 'A'", ("names", None), False),
    "an entry beyond the log": (
        "INSERT INTO entry SELECT index + 1000, data, leaf_hash FROM entry WHERE index = 300", ("names", 1300), False),
    "a record beyond the log": (
        "INSERT INTO record (index, digest, type, issuer, body, seed) SELECT 1300, sha256('x'), type, issuer, 'x', "
        "seed FROM record WHERE index = 300", ("names", 1300), False),
    "a batch beyond the log": ("INSERT INTO batch VALUES (1300, sha256(''))", ("names", 1299), False),
    "a product that nobody entered": (
        "INSERT INTO product SELECT id || '-2', owner, 1300 FROM product LIMIT 1", ("names", 1300), False),
    "a product that another record entered": (
        "INSERT INTO product SELECT id || '-2', owner, 300 FROM product LIMIT 1", ("names", 300), False),
    "a prefix of nobody": ("INSERT INTO prefix VALUES ('urn:example:x:', 'urn:example:x')", ("names", None), False),
    "a key of a record that enters none": (
        "INSERT INTO signing_key SELECT sha256('x'), 'x', organization, 300 FROM signing_key LIMIT 1", ("names", 300),
        False),
    "a figure without a lot": (
        "INSERT INTO figure SELECT 300 * 1024 + 9, version, method, plugin, share, burdens, content, amount "
        "FROM figure LIMIT 1", ("names", 300), False),
    "a balance without a lot": ("INSERT INTO balance VALUES (300 * 1024 + 9, 1, 1)", ("names", 300), False),
    "a lot without figures": (
        "INSERT INTO lot (number, id, product, holder, role, quantity, unit) SELECT 300 * 1024 + 9, id || '-2', "
        "product, holder, role, quantity, unit FROM lot LIMIT 1", ("names", 300), False),
    "a flow of a record beyond the log": (
        "INSERT INTO flow SELECT 1300, 0, number, 1 FROM lot LIMIT 1", ("names", 1300), False),
}


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    with filled(_fill) as found:
        yield found


def _fill(server: Server) -> None:
    shop = workshop(server, "works", pot="1000")
    for start in range(0, ENTRIES, 130):
        server.post([shop.make({f"lot-{start + i}": "1"}, {"pot": "1"}) for i in range(130)])


@pytest.fixture
def copy(kept: Kept) -> Iterator[Database]:
    with copied(kept.postgres) as database:
        yield database


def test_an_untouched_copy_holds(kept: Kept, copy: Database) -> None:
    assert copy.one("SELECT count(*) FROM tile WHERE level = 0") == 2
    for report in (kept.by_database(copy), kept.by_http(copy)):
        assert report.ok, report.findings


@pytest.mark.parametrize("what", CASES)
def test_what_belongs_to_the_log(kept: Kept, copy: Database, what: str) -> None:
    change, finding, outside = CASES[what]
    copy.tamper(change)
    for report in [kept.by_database(copy), *([kept.by_http(copy)] if outside else [])]:
        assert not report.ok
        assert finding in {(one.rule, one.index) for one in report.findings}, report.findings


def test_the_log_s_name(kept: Kept, copy: Database) -> None:
    """The home's key is of another log then: which of the two is wrong, the operator has to say."""
    copy.tamper("UPDATE ledger SET origin = origin || '.example'")
    with pytest.raises(ConfigurationError, match="is not the key of this database's log"):
        kept.by_database(copy)


def test_every_column_of_tiles(kept: Kept, copy: Database) -> None:
    """Other tables: `test_tampering_everywhere`."""
    campaign = Campaign(kept, copy)
    campaign.run([deed for deed in deeds(campaign.tampering.columns) if deed.table == "tile"])
    print(campaign.table())
    assert not campaign.faults


def test_a_leaf_hash_where_the_constraint_is_gone(kept: Kept, copy: Database) -> None:
    """Partial tiles are made of it."""
    copy.execute("ALTER TABLE entry DROP CONSTRAINT entry_check")
    copy.tamper("UPDATE entry SET leaf_hash = sha256('') WHERE index = 515")
    assert {(one.rule, one.index) for one in kept.by_database(copy).findings} == {("names", 515)}


@pytest.mark.parametrize("fault", ["another root", "another log", "no note"])
def test_a_published_head(kept: Kept, copy: Database, fault: str) -> None:
    """Of a log with witnesses: what it once showed must be of its log."""
    identity = kept.identity
    (row,) = copy.fetch("SELECT size, root FROM batch ORDER BY size DESC LIMIT 1")
    right = Checkpoint(identity.origin, row["size"], bytes(row["root"]))
    copy.tamper("INSERT INTO publication VALUES ($1, $2)", right.size, sign_checkpoint(right, identity.signer))
    assert kept.by_database(copy).ok
    other = {
        "another root": sign_checkpoint(Checkpoint(right.origin, right.size, bytes(32)), identity.signer),
        "another log": sign_checkpoint(Checkpoint("other", right.size, right.root), NoteSigner(
            "other", read_key(kept.home / LOG_KEY).private)),
        "no note": "published",
    }
    copy.tamper("UPDATE publication SET note = $1", other[fault])
    found = {(one.rule, one.index) for one in kept.by_database(copy).findings}
    assert found == {("published", right.size - 1)}
    copy.tamper("UPDATE publication SET note = $1", sign_checkpoint(right, identity.signer))
    copy.tamper("INSERT INTO renewal VALUES ($1, 1, $2)", right.size, sign_checkpoint(right, identity.signer))
    assert kept.by_database(copy).ok
    copy.tamper("UPDATE renewal SET note = $1", other[fault])
    assert {(one.rule, one.index) for one in kept.by_database(copy).findings} == found
