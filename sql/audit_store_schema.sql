-- What an audit keeps of a log, in an SQLite file: all that the records to come may name. Numbers are decimal strings.

CREATE TABLE fact (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- `held`: whether something is left. `data`: facts and figures.
CREATE TABLE lot (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    item TEXT,
    pool TEXT,
    held INTEGER NOT NULL,
    remaining TEXT NOT NULL,
    quantity TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX lot_item ON lot (item) WHERE item IS NOT NULL AND held;
CREATE INDEX lot_pool ON lot (pool, number) WHERE pool IS NOT NULL;

CREATE TABLE record (
    digest TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    issuer TEXT NOT NULL
) WITHOUT ROWID;

-- Seeds of salts, each of a nonce that the issuer has used.
CREATE TABLE salted (
    seed TEXT NOT NULL,
    issuer TEXT NOT NULL,
    PRIMARY KEY (seed, issuer)
) WITHOUT ROWID;

-- Facilities and products by id, transfers and declarations by the digest of their record; sites: a facility's id so.
CREATE TABLE named (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- Records that can be revised, as they read now. `facility` and the period, where a closing finds the record by them.
CREATE TABLE past (
    position INTEGER PRIMARY KEY,
    facility TEXT,
    starts TEXT,
    ends TEXT,
    data BLOB NOT NULL
);
CREATE INDEX past_period ON past (facility, starts) WHERE facility IS NOT NULL;

-- Which record takes, or once took, from a lot; `follows`: it makes the generation of a pool after this one.
CREATE TABLE flow (
    lot INTEGER NOT NULL,
    record INTEGER NOT NULL,
    follows INTEGER NOT NULL,
    PRIMARY KEY (lot, record, follows)
) WITHOUT ROWID;

-- Which record made others read otherwise.
CREATE TABLE changed (
    reviser INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (reviser, record)
) WITHOUT ROWID;
