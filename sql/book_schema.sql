-- What an audit keeps of a log, in an SQLite file: all that the records to come may name. Numbers are decimal strings.

CREATE TABLE fact (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- `held`: whether something is left. `data`: facts and figures.
CREATE TABLE lot (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    item TEXT,
    held INTEGER NOT NULL,
    remaining TEXT NOT NULL,
    quantity TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX lot_item ON lot (item) WHERE item IS NOT NULL AND held;

CREATE TABLE record (
    digest TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    issuer TEXT NOT NULL
) WITHOUT ROWID;

-- Facilities and products by id, transfers and declarations by the digest of their record.
CREATE TABLE named (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
