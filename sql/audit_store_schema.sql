-- The audit store: an SQLite file with everything that later records of a log may name. Numbers are decimal strings.

CREATE TABLE fact (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- `held`: whether the remaining quantity is not zero. `data`: facts and figures.
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

-- Seeds of salts, one for each nonce that the issuer has used.
CREATE TABLE salted (
    seed TEXT NOT NULL,
    issuer TEXT NOT NULL,
    PRIMARY KEY (seed, issuer)
) WITHOUT ROWID;

-- Facilities and products by id, transfers and declarations by the digest of their record. Kind `site`: the id of a
-- facility by the digest of its record.
CREATE TABLE named (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- Records that can be revised, as they read now. `facility` and the period are set if a closing finds the record by
-- them.
CREATE TABLE past (
    position INTEGER PRIMARY KEY,
    facility TEXT,
    starts TEXT,
    ends TEXT,
    data BLOB NOT NULL
);
CREATE INDEX past_period ON past (facility, starts) WHERE facility IS NOT NULL;

-- Which record takes, or once took, from a lot. `follows`: the record makes the pool's generation after this lot.
CREATE TABLE flow (
    lot INTEGER NOT NULL,
    record INTEGER NOT NULL,
    follows INTEGER NOT NULL,
    PRIMARY KEY (lot, record, follows)
) WITHOUT ROWID;

-- Which records a record has changed.
CREATE TABLE changed (
    reviser INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (reviser, record)
) WITHOUT ROWID;
