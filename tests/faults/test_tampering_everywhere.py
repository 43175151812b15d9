"""The owner of the database changes any column and any row of any table, and the audit finds it: each column is on the
list below with how it is found, or with the reason why nothing rests on it.

A sample of fixed seeds is in every run; `make faults` does each deed to each column, and 3,000 more at random.
"""

import random
from collections.abc import Iterator
from typing import Final

import pytest
from support.campaign import WAYS, Campaign
from support.databases import Database, copied
from support.everytable import fill_every_table
from support.kept import Kept, filled
from support.tampering import KINDS, deeds

IDENTITY: Final = ("client", "client_name", "client_revocation", "token_key", "spent_id")
ACCESSES: Final = ("access", "access_day", "access_root", "access_tile")
ELSEWHERE: Final = ("tile", "publication", "renewal", "log_key", "sector_release", *IDENTITY, *ACCESSES)
"""Tables without rows in this ledger: see `test_tampering_log`, `test_tampering_witnessed` and
`test_access_monitor`; identity and releases are no part of the log."""
RANDOM: Final = 3_000


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    with filled(fill_every_table) as found:
        yield found


@pytest.fixture(scope="module")
def database(kept: Kept) -> Iterator[Database]:
    with copied(kept.postgres) as found:
        yield found


@pytest.fixture
def campaign(kept: Kept, database: Database) -> Campaign:
    return Campaign(kept, database)


def test_every_column_is_on_the_list(campaign: Campaign) -> None:
    """A new column says how an audit finds that it was changed."""
    found = [f"{column.table}.{column.name}" for own in campaign.tampering.columns.values() for column in own]
    assert sorted(found) == sorted([name for name in campaign.columns if "." in name])
    assert {column.how for column in campaign.columns.values()} <= set(WAYS)
    assert all(column.why for column in campaign.columns.values())


def test_every_table_has_rows_to_tamper_with(kept: Kept, campaign: Campaign, database: Database) -> None:
    """And the untouched ledger holds."""
    single = ("schema_version", "ledger", "head")
    for table in campaign.tampering.columns:
        rows = database.one(f"SELECT count(*) FROM {table}")
        assert table in ELSEWHERE or rows >= (1 if table in single else 2), table
    for report in (kept.by_database(database), kept.by_http(database)):
        assert report.ok, report.findings


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample(campaign: Campaign, kind: str) -> None:
    """Of each kind a part, the same in every run."""
    chosen = [deed for deed in deeds(campaign.tampering.columns) if deed.kind == kind]
    campaign.run(random.Random(kind).sample(chosen, min(len(chosen), 24)))
    assert not campaign.faults


@pytest.mark.faults_long
def test_every_deed_to_every_column(campaign: Campaign) -> None:
    campaign.run(deeds(campaign.tampering.columns))
    print(campaign.table())
    assert not campaign.faults


@pytest.mark.faults_long
def test_random_deeds(campaign: Campaign) -> None:
    seed = random.SystemRandom().randrange(2**32)
    draw = random.Random(seed)
    kinds = deeds(campaign.tampering.columns)
    campaign.run([draw.choice(kinds)._replace(number=draw.randrange(2**32)) for _ in range(RANDOM)])
    print(f"seed {seed}\n{campaign.table()}")
    assert not campaign.faults, f"seed {seed}"
