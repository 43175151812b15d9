-- The whole schema of a ledger. The functions of verify_log() are in a separate file.
-- Log tables only grow: no role can update or delete logged rows, not even the owner by mistake.
-- Tables on the hot path (record, lot, figure, flow, balance) have no foreign keys: each would cost a look-up per row.
-- Admission checks the references, and an audit checks them again.

-- `digest`: of this file and of verify_log.sql, as the database was made from them. `version`: of the last migration
-- since. Programs that know version `compatible_from` run with it.
CREATE TABLE schema_version (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    version integer NOT NULL,
    digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    compatible_from integer NOT NULL CHECK (compatible_from <= version)
);

CREATE TABLE ledger (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    origin text NOT NULL CHECK (origin <> ''),
    vkey text NOT NULL
);

-- The single row whose lock orders all writers. `frontier` holds the complete subtree hashes, largest first.
-- `revisions` counts the records that have revised others: data that was read at another count may be outdated.
CREATE TABLE head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (length(root) = 32),
    frontier bytea NOT NULL,
    time bigint NOT NULL CHECK (time >= 0),
    revisions bigint NOT NULL DEFAULT 0 CHECK (revisions >= 0)
);

CREATE TABLE entry (
    index bigint PRIMARY KEY CHECK (index >= 0),
    data bytea NOT NULL CHECK (length(data) = 170),
    leaf_hash bytea NOT NULL CHECK (leaf_hash = sha256('\x00'::bytea || data))
);

-- One row for each batch: the checkpoint that its receipts refer to.
CREATE TABLE batch (
    size bigint PRIMARY KEY CHECK (size > 0),
    root bytea NOT NULL CHECK (length(root) = 32)
);

-- In a log with witnesses, the published heads: heads that the quorum has cosigned, each as its published note. The
-- first row is the head from which on the log has witnesses. Without rows every batch is public.
CREATE TABLE publication (
    size bigint PRIMARY KEY CHECK (size >= 0),
    note text NOT NULL
);

-- Cosignatures carry a time. These are newer cosignatures of the newest published head, made while nothing was
-- appended. Proofs of entries use the row of `publication`.
CREATE TABLE renewal (
    size bigint NOT NULL REFERENCES publication,
    number bigint NOT NULL CHECK (number > 0),
    note text NOT NULL,
    PRIMARY KEY (size, number)
);

-- Rotations of the log's key, in order. With these notes, a reader who has pinned a key finds all later keys.
-- `ledger.vkey` is the first key.
CREATE TABLE log_key (
    number integer PRIMARY KEY CHECK (number > 0),
    size bigint NOT NULL CHECK (size >= 0),
    note text NOT NULL
);

-- Only full tiles. `root` is the tile's hash in the tile above.
CREATE TABLE tile (
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CHECK (index >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) = 8192),
    root bytea NOT NULL CHECK (length(root) = 32),
    PRIMARY KEY (level, index)
);

-- If a record is `erased`, `body` is the redacted record. Bodies have no statistics, because statistics contain
-- samples. `starts` and `ends`: the earliest and the latest time that the record states, if grants of a period can cover
-- it. `owners`: the other organisations whose goods it takes or makes, as it was posted.
CREATE TABLE record (
    index bigint PRIMARY KEY CHECK (index >= 0),
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    type text NOT NULL,
    issuer text NOT NULL,
    body bytea NOT NULL,
    seed bytea NOT NULL CHECK (length(seed) = 32),
    outcome bytea,
    erased boolean NOT NULL DEFAULT false,
    starts text,
    ends text,
    owners text[],
    CONSTRAINT record_body_check CHECK (erased OR digest = sha256(body))
);
ALTER TABLE record ALTER COLUMN body SET STATISTICS 0;
-- For inventories. Log indexes only grow, so each issuer appends at one place. The index covers all types: the planner
-- would take a partial index for small, and scan all of it for each query that names a type.
CREATE INDEX record_issuer ON record (issuer, index);
-- An issuer uses each nonce, and so each seed, only once. Seeds are random, so a hash index is smaller than a B-tree
-- and writes less to the WAL.
CREATE INDEX record_seed ON record USING hash (seed);
-- Of long chains, queries read leaf 0 only of records with findings or questions. Leaves are canonical JSON, in which a
-- text cannot contain these marks.
CREATE INDEX record_findings ON record (index)
    WHERE position('"findings":['::bytea IN outcome) > 0 OR position('"made":"'::bytea IN outcome) > 0;

-- Erasures on the log: `record` asks to erase the body of `subject`. The service does it after the commit.
CREATE TABLE erasure (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL UNIQUE REFERENCES record,
    legal_basis text NOT NULL
);

CREATE TABLE organization (
    id text PRIMARY KEY,
    record bigint NOT NULL REFERENCES record,
    parent text REFERENCES organization
);
CREATE INDEX organization_parent ON organization (parent) WHERE parent IS NOT NULL;

-- How organisations leave their parents; `announced`: that the registrar will end the relation.
CREATE TABLE parent_end (
    record bigint PRIMARY KEY REFERENCES record,
    organization text NOT NULL REFERENCES organization,
    announced boolean NOT NULL
);
CREATE UNIQUE INDEX parent_end_organization ON parent_end (organization) WHERE NOT announced;

CREATE TABLE prefix (
    prefix text PRIMARY KEY,
    organization text NOT NULL REFERENCES organization
);

CREATE TABLE signing_key (
    keyid bytea PRIMARY KEY CHECK (keyid = sha256(spki)),
    spki bytea NOT NULL,
    organization text NOT NULL REFERENCES organization,
    record bigint NOT NULL REFERENCES record
);
CREATE INDEX signing_key_organization ON signing_key (organization);

CREATE TABLE revocation (
    keyid bytea PRIMARY KEY REFERENCES signing_key,
    record bigint NOT NULL REFERENCES record
);

-- Reports on revoked keys: their signatures from log index `since` on are in doubt. A later report may name an earlier
-- index.
CREATE TABLE compromise (
    keyid bytea NOT NULL REFERENCES signing_key,
    record bigint NOT NULL REFERENCES record,
    since bigint NOT NULL CHECK (since >= 0 AND since <= record),
    PRIMARY KEY (keyid, record)
);

-- Changes of an organisation's keys. A recovery waits as long as its request is the newest change; any later change
-- ends it.
CREATE TABLE key_change (
    record bigint PRIMARY KEY REFERENCES record,
    organization text NOT NULL REFERENCES organization,
    recovery text CHECK (recovery IN ('request', 'objection', 'complete'))
);
CREATE INDEX key_change_organization ON key_change (organization, record);

CREATE TABLE facility (
    id text PRIMARY KEY,
    operator text NOT NULL REFERENCES organization,
    record bigint NOT NULL REFERENCES record
);

CREATE TABLE product (
    id text PRIMARY KEY,
    owner text NOT NULL REFERENCES organization,
    record bigint NOT NULL REFERENCES record
);

-- Later lots of the product have the values of its newest completion.
CREATE TABLE product_completion (
    product text NOT NULL REFERENCES product,
    record bigint PRIMARY KEY REFERENCES record
);
CREATE INDEX product_completion_product ON product_completion (product, record);

CREATE TABLE activation (
    record bigint PRIMARY KEY REFERENCES record,
    plugin text NOT NULL,
    version text NOT NULL,
    digest text NOT NULL,
    retired boolean NOT NULL,
    precedence integer
);

-- The code of sectors and the tables of factor sets, so that a version stays runnable after another one is installed.
-- `terms`: of a sector alone.
CREATE TABLE plugin_archive (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    plugin text NOT NULL,
    version text NOT NULL,
    terms text,
    archive bytea NOT NULL
);

CREATE TABLE transfer (
    record bigint PRIMARY KEY REFERENCES record,
    receiver text NOT NULL REFERENCES organization,
    new_lot text NOT NULL
);
CREATE INDEX transfer_receiver ON transfer (receiver, record);

CREATE TABLE acceptance (
    transfer bigint PRIMARY KEY REFERENCES transfer,
    record bigint NOT NULL REFERENCES record
);

-- Rules by which a receiver accepts the deliveries of a sender when they arrive. The newest row for a receiver, sender
-- and product is in force; an empty `product` stands for all products.
CREATE TABLE standing_acceptance (
    record bigint PRIMARY KEY REFERENCES record,
    receiver text NOT NULL REFERENCES organization,
    sender text NOT NULL REFERENCES organization,
    product text NOT NULL
);
CREATE INDEX standing_acceptance_newest ON standing_acceptance (receiver, sender, product, record DESC);

-- The transfers that such a rule has accepted.
CREATE TABLE arrival (
    transfer bigint PRIMARY KEY REFERENCES transfer,
    rule bigint NOT NULL REFERENCES standing_acceptance
);
CREATE INDEX arrival_rule ON arrival (rule, transfer);

-- Rights to read that organisations give each other, or whoever holds the secret of a link. Without lot, product and
-- declaration a grant covers all records of the grantor. `starts` and `ends` are the period of the covered records;
-- `expires` is when the grant itself ends. `publish`: the grantee may publish its lots of the product, or of all products
-- of the grantor.
CREATE TABLE access_grant (
    record bigint PRIMARY KEY REFERENCES record,
    grantor text NOT NULL REFERENCES organization,
    grantee text REFERENCES organization,
    link text CHECK (octet_length(link) = 64),
    depth text NOT NULL CHECK (depth IN ('totals', 'stages', 'suppliers', 'full')),
    lot bigint,
    product text,
    declaration bigint,
    starts text,
    ends text,
    expires text NOT NULL,
    publish boolean NOT NULL DEFAULT false,
    CHECK (num_nonnulls(grantee, link) = 1),
    CHECK (num_nonnulls(lot, product, declaration) <= 1)
);
CREATE INDEX access_grant_grantee ON access_grant (grantee, record) WHERE grantee IS NOT NULL;
CREATE INDEX access_grant_expires ON access_grant (grantee, expires) WHERE grantee IS NOT NULL;
CREATE INDEX access_grant_grantor ON access_grant (grantor, record);
CREATE INDEX access_grant_publish ON access_grant (grantee, grantor) WHERE publish;
CREATE INDEX access_grant_declaration ON access_grant (declaration, grantee) WHERE declaration IS NOT NULL;
CREATE TABLE grant_revocation (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL REFERENCES access_grant
);
CREATE INDEX grant_revocation_subject ON grant_revocation (subject, record);

-- Organisations that may read everything, as the registrar has entered them.
CREATE TABLE reader (
    record bigint PRIMARY KEY REFERENCES record,
    organization text NOT NULL REFERENCES organization,
    expires text
);
CREATE INDEX reader_organization ON reader (organization, record);
CREATE TABLE reader_revocation (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL REFERENCES reader
);
CREATE INDEX reader_revocation_subject ON reader_revocation (subject, record);

-- Passports that everyone may read: of a lot, or of a product. Declarations that everyone may name.
CREATE TABLE published (
    record bigint PRIMARY KEY REFERENCES record,
    organization text NOT NULL REFERENCES organization,
    lot bigint,
    product text,
    declaration bigint,
    CHECK (num_nonnulls(lot, product, declaration) = 1)
);
CREATE INDEX published_organization ON published (organization, record);
CREATE INDEX published_lot ON published (lot) WHERE lot IS NOT NULL;
CREATE INDEX published_product ON published (product) WHERE product IS NOT NULL;
CREATE INDEX published_declaration ON published (declaration) WHERE declaration IS NOT NULL;
CREATE TABLE publication_end (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL REFERENCES published
);
CREATE INDEX publication_end_subject ON publication_end (subject, record);

-- Who may ask for access tokens, besides ledger keys. No part of the log. `keyid`: the ledger key whose login entered the
-- client, itself or by a client that it entered, when the log had `size` entries. If the key was compromised by then, the
-- client has ended.
CREATE TABLE client (
    id text PRIMARY KEY,
    organization text NOT NULL REFERENCES organization,
    scopes text[] NOT NULL,
    secret text NOT NULL CHECK (secret LIKE '$argon2id$%'),
    created timestamptz NOT NULL DEFAULT now(),
    keyid bytea NOT NULL REFERENCES signing_key,
    size bigint NOT NULL CHECK (size > 0)
);
CREATE INDEX client_organization ON client (organization, id);
-- The name of a client may be a person's: it goes when the client is revoked.
CREATE TABLE client_name (
    client text PRIMARY KEY REFERENCES client,
    name text NOT NULL
);
CREATE TABLE client_revocation (
    client text PRIMARY KEY REFERENCES client,
    revoked timestamptz NOT NULL DEFAULT now()
);
-- Keys that sign access tokens derive from `salt` and the log's key `log_key`, which is in no table. `replaces`: tokens
-- of earlier keys end at once.
CREATE TABLE token_key (
    number bigint PRIMARY KEY,
    salt bytea NOT NULL CHECK (octet_length(salt) = 32),
    log_key text NOT NULL,
    begins timestamptz NOT NULL DEFAULT now(),
    replaces boolean NOT NULL DEFAULT false
);
CREATE INDEX token_key_replaces ON token_key (number) WHERE replaces;
-- Ids of client assertions that were used, and of tokens that were revoked, until these expire by themselves.
CREATE TABLE spent_id (
    id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
    expires timestamptz NOT NULL
);
CREATE INDEX spent_id_expires ON spent_id (expires);

-- `number` is record index * 1024 + position. `composition` is set only if it differs from the product's.
CREATE TABLE lot (
    number bigint PRIMARY KEY CHECK (number >= 0),
    id text NOT NULL UNIQUE CHECK (octet_length(id) BETWEEN 1 AND 255),
    product text NOT NULL,
    holder text NOT NULL,
    role text NOT NULL
        CHECK (role IN ('product', 'coProduct', 'byProduct', 'waste', 'core', 'credit', 'attribute')),
    origin text CHECK ((origin IS NOT NULL) = (role = 'waste')),
    quantity numeric NOT NULL CHECK (quantity > 0 AND quantity <> 'NaN'),
    unit text NOT NULL,
    mass numeric CHECK (mass > 0 AND mass <> 'NaN'),
    item text,
    composition jsonb,
    facility text,
    process text,
    previous_life text,
    owner text,
    sender text,
    pool text,
    credit text,
    expires text,
    made text,
    since text,
    place text,
    carried integer CHECK (carried >= 0)
);
CREATE INDEX lot_item ON lot (item) WHERE item IS NOT NULL;
CREATE INDEX lot_pool ON lot (pool, number) WHERE pool IS NOT NULL;
-- For lists of an organisation's lots. Numbers only grow, so each holder appends at one place. `owner` is set only if it
-- is not the holder.
CREATE INDEX lot_holder ON lot (holder, number);
CREATE INDEX lot_owner ON lot (owner, number) WHERE owner IS NOT NULL;
-- Whether an organisation was shown a product by a lot of it.
CREATE INDEX lot_received ON lot (holder, product) WHERE sender IS NOT NULL;
CREATE INDEX lot_owned ON lot (owner, product) WHERE owner IS NOT NULL;
-- The made lots of a product, without lots of transfers, pools, declarations, waste, cores and credits, except lots
-- that a transfer returned to their owner. It is not a third random index on the hot path: numbers only grow, so each
-- product appends at one place, the last leaf of its range. Only as many leaves are hot as there are products in
-- production.
CREATE INDEX lot_product ON lot (product, number)
    WHERE facility IS NOT NULL AND sender IS NULL AND pool IS NULL AND role IN ('product', 'coProduct', 'byProduct');

-- A lot's figures, for the whole lot as created: burdens in the order of the program's list, contents by name. Version
-- 0 comes from the lot's own record, other versions from revisions. `share` is the lot's allocation share.
CREATE TABLE figure (
    lot bigint NOT NULL,
    version bigint NOT NULL CHECK (version >= 0),
    method text NOT NULL,
    plugin text,
    share float8 NOT NULL CHECK (share BETWEEN 0 AND 1),
    burdens float8[] NOT NULL CHECK (array_position(burdens, 'NaN') IS NULL AND cardinality(burdens) = 28),
    content text[] NOT NULL,
    amount float8[] NOT NULL CHECK (array_position(amount, 'NaN') IS NULL AND cardinality(amount) = cardinality(content)),
    PRIMARY KEY (lot, version)
);

CREATE TABLE flow (
    record bigint NOT NULL,
    position smallint NOT NULL CHECK (position >= 0),
    lot bigint NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0 AND quantity <> 'NaN'),
    version bigint NOT NULL DEFAULT 0 CHECK (version >= 0),
    PRIMARY KEY (record, version, position)
);
CREATE INDEX flow_lot ON flow (lot);

-- Records that revise others (amendments, closings), counted from 1. The service chooses a version before it locks the
-- head, so that it can write all rows of the version before. `record`: the version applies from this log index on.
CREATE TABLE revision (
    version bigint PRIMARY KEY CHECK (version > 0),
    record bigint NOT NULL UNIQUE
);

-- The new version of a record after a revision: its results (`leaf`: leaf 0, `outcome`: outcome root). If the record
-- itself was changed (`own`), also its new body, or NULL if it was withdrawn; and its flows are those with this
-- version.
CREATE TABLE revised (
    record bigint NOT NULL,
    version bigint NOT NULL,
    own boolean NOT NULL,
    body bytea,
    leaf bytea,
    outcome bytea NOT NULL CHECK (length(outcome) = 32),
    PRIMARY KEY (record, version)
);
ALTER TABLE revised ALTER COLUMN body SET STATISTICS 0;
CREATE INDEX revised_own ON revised (record, version) WHERE own;
CREATE INDEX revised_version ON revised (version, record);
CREATE INDEX revised_findings ON revised (record, version)
    WHERE position('"findings":['::bytea IN leaf) > 0 OR position('"made":"'::bytea IN leaf) > 0;
CREATE INDEX figure_version ON figure (version) WHERE version > 0;
CREATE INDEX flow_version ON flow (version) WHERE version > 0;

-- The facts of a lot that a revision changed.
CREATE TABLE lot_version (
    number bigint NOT NULL,
    version bigint NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0 AND quantity <> 'NaN'),
    mass numeric CHECK (mass > 0 AND mass <> 'NaN'),
    composition jsonb,
    facility text,
    process text,
    withdrawn boolean NOT NULL,
    place text,
    carried integer CHECK (carried >= 0),
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

-- Transformations that were posted as provisional, by their period. An amendment of the period adds a row.
CREATE TABLE provisional (
    record bigint NOT NULL,
    facility text NOT NULL,
    process text NOT NULL,
    starts text NOT NULL,
    ends text NOT NULL,
    PRIMARY KEY (record, starts, ends)
);
CREATE INDEX provisional_facility ON provisional (facility, record);

-- Disputes of transferred lots, and their settlements. The newest row of a lot says whether the lot is frozen.
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

-- Running totals of the goods of an organisation and of those that it controls, in kg by subject: goods that were sold
-- outside, declared, first taken by a process, or taken off without a document; and of an organisation alone: goods of
-- others that it handed on as its own product. See `ledger/admission/checks/goods.py`.
CREATE TABLE group_goods (
    organization text NOT NULL,
    subject text NOT NULL,
    kilograms numeric NOT NULL,
    record bigint NOT NULL REFERENCES record,
    PRIMARY KEY (organization, subject, record)
);
CREATE INDEX group_goods_record ON group_goods (record);

CREATE TABLE attestation (
    record bigint PRIMARY KEY REFERENCES record,
    kind text NOT NULL,
    subject text NOT NULL
);
CREATE INDEX attestation_subject ON attestation (kind, subject);

-- Claims, which use up credits for a lot.
CREATE TABLE claim (
    record bigint PRIMARY KEY REFERENCES record,
    lot text
);
CREATE INDEX claim_lot ON claim (lot);

-- Reported periods of a subject, which is a facility or the organisation that issued the record.
CREATE TABLE report (
    record bigint PRIMARY KEY REFERENCES record,
    subject text NOT NULL,
    starts text NOT NULL,
    ends text NOT NULL
);
CREATE INDEX report_subject ON report (subject, starts);
CREATE INDEX report_starts ON report (starts);

CREATE INDEX facility_operator ON facility (operator);
CREATE INDEX product_owner ON product (owner);
-- Ordered by bytes, whatever the collation of the database, so that all names that start with a prefix are a range.
CREATE INDEX prefix_bytes ON prefix (prefix COLLATE "C");
CREATE INDEX organization_bytes ON organization (id COLLATE "C");

-- An audit finds the lookup rows of a record by its index, to compare them with the record.
CREATE INDEX organization_record ON organization (record);
CREATE INDEX prefix_organization ON prefix (organization);
CREATE INDEX signing_key_record ON signing_key (record);
CREATE INDEX revocation_record ON revocation (record);
CREATE INDEX compromise_record ON compromise (record);
CREATE INDEX facility_record ON facility (record);
CREATE INDEX product_record ON product (record);
CREATE INDEX acceptance_record ON acceptance (record);
CREATE INDEX pool_record ON pool (record);
CREATE INDEX reopening_record ON reopening (record);
CREATE INDEX dispute_record ON dispute (record);

-- The access log: who read which data of whom. It is not part of the log itself. `data` is the canonical JSON of a row,
-- the leaf `number` of the tree of its UTC day; `owner` is the organisation whose data were read. A row counts the
-- equal readings of its hour, so pages keep room for its next version.
CREATE TABLE access (
    day date NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    owner text NOT NULL,
    data bytea NOT NULL,
    leaf_hash bytea NOT NULL CHECK (leaf_hash = sha256('\x00'::bytea || data)),
    PRIMARY KEY (day, number)
) WITH (fillfactor = 90);
ALTER TABLE access ALTER COLUMN data SET STATISTICS 0;
CREATE INDEX access_owner ON access (owner, day, number);

-- The number of rows of each day. The lock of its row orders the writers of a day, so numbers have no gaps.
CREATE TABLE access_day (
    day date PRIMARY KEY,
    size bigint NOT NULL CHECK (size > 0),
    closed boolean NOT NULL DEFAULT false
);
CREATE INDEX access_day_open ON access_day (day) WHERE NOT closed;

-- The signed root of each closed day. Rows and tiles of a day expire, its root stays.
CREATE TABLE access_root (
    day date PRIMARY KEY,
    size bigint NOT NULL CHECK (size > 0),
    note text NOT NULL
);

-- The tiles of the tree of a closed day, partial ones included.
CREATE TABLE access_tile (
    day date NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CHECK (index >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (day, level, index)
);

-- The remaining quantities of lots. Apart from the head and the counts of the access log, only these rows change.
CREATE TABLE balance (
    lot bigint PRIMARY KEY,
    remaining numeric NOT NULL CHECK (remaining >= 0 AND remaining <= quantity AND remaining <> 'NaN'),
    quantity numeric NOT NULL CHECK (quantity <> 'NaN')
) WITH (fillfactor = 80);

-- What is shown of a sector's year to those who do not see all organisations: see queries/indicators/release.py.
CREATE TABLE sector_release (
    sector text NOT NULL,
    year integer NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    answer bytea NOT NULL,
    PRIMARY KEY (sector, year, size)
);

CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the table % only grows: % is not allowed', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION forbid_change_but_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR current_user <> 'carbon_ledger_eraser' THEN
        RAISE EXCEPTION 'the table % only grows: % is not allowed', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

-- A record can be redacted only once, and only if an erasure on the log names it.
CREATE FUNCTION forbid_unlogged_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased OR NOT NEW.erased OR to_jsonb(NEW) - 'body' - 'erased' <> to_jsonb(OLD) - 'body' - 'erased'
        OR NOT EXISTS (SELECT FROM erasure WHERE subject = OLD.index)
    THEN
        RAISE EXCEPTION 'no erasure on the log asks for this change of record %', OLD.index
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- A later version of a record can be redacted if the record itself is erased, or the record that first revised it.
CREATE FUNCTION forbid_unlogged_erasure_of_revised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body IS NULL OR OLD.body IS NULL OR to_jsonb(NEW) - 'body' <> to_jsonb(OLD) - 'body' OR NOT EXISTS (
        SELECT FROM erasure WHERE subject = OLD.record
        UNION ALL
        SELECT FROM revised v JOIN revision n ON n.version = v.version JOIN erasure e ON e.subject = n.record
        WHERE v.record = OLD.record AND v.own AND v.version <= OLD.version)
    THEN
        RAISE EXCEPTION 'no erasure on the log asks for this change of what record % reads like', OLD.record
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- Rows of the access log, and tiles of its days, go only when the role that erases expires their day.
CREATE FUNCTION forbid_change_but_expiring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' OR current_user <> 'carbon_ledger_eraser' THEN
        RAISE EXCEPTION 'the table % only grows: % is not allowed', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION forbid_row_of_closed_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM access_root WHERE day = NEW.day)
    OR EXISTS (SELECT FROM access_day WHERE day = NEW.day AND closed) THEN
        RAISE EXCEPTION 'the day % of the access log is closed', NEW.day USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION forbid_other_than_counting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := convert_from(OLD.data, 'UTF8');
    counted jsonb := convert_from(NEW.data, 'UTF8');
BEGIN
    IF counted - '{readings,last}'::text[] <> before - '{readings,last}'::text[]
    OR (counted->>'readings')::bigint < coalesce((before->>'readings')::bigint, 1)
    OR left(counted->>'last', 13) <> left(before->>'time', 13)
    OR num_nulls(counted->>'readings', counted->>'last') > 0
    OR (counted->>'last') COLLATE "C" < coalesce(before->>'last', before->>'time') COLLATE "C"
    OR EXISTS (SELECT FROM access_root WHERE day = OLD.day)
    OR EXISTS (SELECT FROM access_day WHERE day = OLD.day AND closed) THEN
        RAISE EXCEPTION 'the row % of the access log of % only counts further readings of its hour, until the day is '
            'closed', OLD.number, OLD.day USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION forbid_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed OR NEW.day <> OLD.day OR NEW.size < OLD.size THEN
        RAISE EXCEPTION 'the day % of the access log is closed, or would shrink', OLD.day
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION forbid_other_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a balance stays with its lot' USING ERRCODE = 'insufficient_privilege';
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ledger', 'entry', 'batch', 'tile', 'erasure', 'organization', 'parent_end', 'prefix', 'signing_key',
        'revocation', 'compromise', 'key_change', 'facility', 'product', 'product_completion', 'activation', 'transfer', 'acceptance',
        'standing_acceptance', 'arrival', 'lot', 'figure', 'flow', 'revision', 'lot_version', 'pool', 'closing', 'reopening', 'provisional',
        'dispute', 'opening', 'group_goods', 'attestation', 'claim', 'report', 'publication', 'renewal',
        'log_key', 'plugin_archive', 'access_grant', 'grant_revocation', 'reader', 'reader_revocation', 'published',
        'publication_end', 'client', 'client_revocation', 'token_key', 'access_root', 'sector_release']
    LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['record', 'revised']
    LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change_but_erasing()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['head', 'balance', 'access_day']
    LOOP
        EXECUTE format('CREATE TRIGGER only_updates BEFORE DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
    END LOOP;
END
$$;
CREATE TRIGGER only_erased BEFORE UPDATE ON record FOR EACH ROW EXECUTE FUNCTION forbid_unlogged_erasure();
CREATE TRIGGER only_erased BEFORE UPDATE ON revised
    FOR EACH ROW EXECUTE FUNCTION forbid_unlogged_erasure_of_revised();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON access_tile
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change_but_expiring();
CREATE TRIGGER only_grows BEFORE UPDATE OF day, number, owner OR DELETE OR TRUNCATE ON access
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change_but_expiring();
CREATE TRIGGER only_counts BEFORE UPDATE ON access FOR EACH ROW EXECUTE FUNCTION forbid_other_than_counting();
CREATE TRIGGER only_open BEFORE INSERT ON access FOR EACH ROW EXECUTE FUNCTION forbid_row_of_closed_day();
CREATE TRIGGER only_closes BEFORE UPDATE ON access_day FOR EACH ROW EXECUTE FUNCTION forbid_reopening();
CREATE TRIGGER only_remaining BEFORE UPDATE OF lot ON balance
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_other_changes();

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carbon_ledger_writer') THEN
        CREATE ROLE carbon_ledger_writer NOLOGIN;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA public TO carbon_ledger_writer;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO carbon_ledger_writer;
REVOKE INSERT ON schema_version, ledger FROM carbon_ledger_writer;
GRANT UPDATE ON head TO carbon_ledger_writer;
GRANT DELETE ON spent_id, client_name TO carbon_ledger_writer;
GRANT UPDATE (remaining, quantity) ON balance TO carbon_ledger_writer;
GRANT UPDATE (size, closed) ON access_day TO carbon_ledger_writer;
GRANT UPDATE (data, leaf_hash) ON access TO carbon_ledger_writer;

-- The eraser's role can read, and can replace bodies by redacted ones. Triggers restrict it to the erasures on the log.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carbon_ledger_eraser') THEN
        CREATE ROLE carbon_ledger_eraser NOLOGIN;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA public TO carbon_ledger_eraser;
GRANT SELECT ON record, revised, revision, erasure, head, publication TO carbon_ledger_eraser;
GRANT UPDATE (body, erased) ON record TO carbon_ledger_eraser;
GRANT UPDATE (body) ON revised TO carbon_ledger_eraser;
GRANT SELECT ON access, access_day, access_root, access_tile TO carbon_ledger_eraser;
GRANT DELETE ON access, access_tile TO carbon_ledger_eraser;
