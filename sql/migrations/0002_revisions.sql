-- Stock, months, corrections, returns, credits: what revises earlier records, and what new records enter.

ALTER TABLE head ADD COLUMN revisions bigint NOT NULL DEFAULT 0 CHECK (revisions >= 0);

ALTER TABLE lot DROP CONSTRAINT lot_role_check;
ALTER TABLE lot ADD CONSTRAINT lot_role_check
    CHECK (role IN ('product', 'coProduct', 'byProduct', 'waste', 'core', 'credit'));
ALTER TABLE lot ADD COLUMN owner text, ADD COLUMN sender text, ADD COLUMN pool text, ADD COLUMN credit text,
    ADD COLUMN expires text;
ALTER TABLE lot DISABLE TRIGGER only_grows;
UPDATE lot SET sender = r.issuer FROM record r WHERE r.index = lot.number / 1024 AND r.type = 'transfer';
ALTER TABLE lot ENABLE TRIGGER only_grows;
CREATE INDEX lot_pool ON lot (pool, number) WHERE pool IS NOT NULL;

-- Figures were kept by the index of the record that made them; now by the count of the revision, 0 being none. The
-- vector of burdens has grown by one.
ALTER TABLE figure DISABLE TRIGGER only_grows;
ALTER TABLE figure RENAME COLUMN from_index TO version;
UPDATE figure SET version = 0, burdens = burdens || 0::float8;
ALTER TABLE figure ADD CONSTRAINT figure_version_check CHECK (version >= 0);
ALTER TABLE figure ENABLE TRIGGER only_grows;
DO $$
BEGIN
    -- PostgreSQL 18 names what forbids NULL, after the column as it was called first.
    IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'figure_from_index_not_null') THEN
        ALTER TABLE figure RENAME CONSTRAINT figure_from_index_not_null TO figure_version_not_null;
    END IF;
END
$$;

ALTER TABLE flow ADD COLUMN version bigint NOT NULL DEFAULT 0 CHECK (version >= 0);
ALTER TABLE flow DROP CONSTRAINT flow_pkey;
ALTER TABLE flow ADD PRIMARY KEY (record, version, position);

-- Records that revise others (amendments, closings), counted from 1. A version is chosen before the head is locked, so
-- that all its rows can be written before; `record` says from which index on it holds.
CREATE TABLE revision (
    version bigint PRIMARY KEY CHECK (version > 0),
    record bigint NOT NULL UNIQUE
);

-- What a revision made of a record: its results (`leaf`: leaf 0, `outcome`: their root) and, where the record itself
-- was changed (`own`), the body that holds now, none where it was withdrawn. Its flows then are those of this version.
CREATE TABLE revised (
    record bigint NOT NULL,
    version bigint NOT NULL,
    own boolean NOT NULL,
    body bytea,
    leaf bytea,
    outcome bytea NOT NULL CHECK (length(outcome) = 32),
    PRIMARY KEY (record, version)
);
CREATE INDEX revised_own ON revised (record, version) WHERE own;
CREATE INDEX revised_version ON revised (version, record);
CREATE INDEX figure_version ON figure (version) WHERE version > 0;
CREATE INDEX flow_version ON flow (version) WHERE version > 0;

-- What a revision changed of a lot.
CREATE TABLE lot_version (
    number bigint NOT NULL,
    version bigint NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0 AND quantity <> 'NaN'),
    mass numeric CHECK (mass > 0 AND mass <> 'NaN'),
    composition jsonb,
    facility text,
    process text,
    withdrawn boolean NOT NULL,
    PRIMARY KEY (number, version)
);
CREATE INDEX lot_version_version ON lot_version (version);

CREATE TABLE pool (
    id text PRIMARY KEY,
    holder text NOT NULL REFERENCES organization,
    facility text NOT NULL REFERENCES facility,
    product text NOT NULL,
    averaging text NOT NULL,
    is_default boolean NOT NULL,
    record bigint NOT NULL REFERENCES record
);
CREATE UNIQUE INDEX pool_default ON pool (holder, product) WHERE is_default;
CREATE INDEX pool_facility ON pool (facility);

CREATE TABLE closing (
    record bigint PRIMARY KEY REFERENCES record,
    facility text NOT NULL REFERENCES facility,
    starts text NOT NULL,
    ends text NOT NULL,
    processes text[] NOT NULL
);
CREATE INDEX closing_facility ON closing (facility);

CREATE TABLE reopening (
    closing bigint PRIMARY KEY REFERENCES closing,
    record bigint NOT NULL REFERENCES record
);

-- Transformations that were posted provisional, by their period; an amendment of the period adds a row.
CREATE TABLE provisional (
    record bigint NOT NULL,
    facility text NOT NULL,
    process text NOT NULL,
    starts text NOT NULL,
    ends text NOT NULL,
    PRIMARY KEY (record, starts, ends)
);
CREATE INDEX provisional_facility ON provisional (facility, record);

-- Disputes of transferred lots, and what settled them; the newest row of a lot says whether it is frozen.
CREATE TABLE dispute (
    lot bigint NOT NULL,
    record bigint NOT NULL REFERENCES record,
    frozen boolean NOT NULL,
    PRIMARY KEY (lot, record)
);

CREATE TABLE opening (
    facility text NOT NULL,
    product text NOT NULL,
    record bigint PRIMARY KEY REFERENCES record
);
CREATE INDEX opening_stock ON opening (facility, product);

CREATE TABLE attestation (
    record bigint PRIMARY KEY REFERENCES record,
    kind text NOT NULL,
    subject text NOT NULL
);
CREATE INDEX attestation_subject ON attestation (kind, subject);

-- Credits used up for a lot.
CREATE TABLE claim (
    record bigint PRIMARY KEY REFERENCES record,
    lot text
);
CREATE INDEX claim_lot ON claim (lot);

ALTER TABLE balance ADD CONSTRAINT balance_quantity_check CHECK (quantity <> 'NaN');
DROP TRIGGER only_remaining ON balance;
CREATE OR REPLACE FUNCTION forbid_other_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a balance stays with its lot' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER only_remaining BEFORE UPDATE OF lot ON balance
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_other_changes();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['revision', 'revised', 'lot_version', 'pool', 'closing', 'reopening', 'provisional',
        'dispute', 'opening', 'attestation', 'claim']
    LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO carbon_ledger_writer', name);
    END LOOP;
END
$$;
GRANT UPDATE (remaining, quantity) ON balance TO carbon_ledger_writer;
