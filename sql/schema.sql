-- The whole schema of a ledger, as all migrations together make it.
-- Log tables only grow: no role, not even the owner by mistake, updates or deletes what is logged.
-- Tables on the hot path (record, lot, figure, flow, balance) have no foreign keys: admission has checked what they
-- would, an audit checks it again, and each would cost a look-up a row.

CREATE TABLE schema_version (
    version integer PRIMARY KEY,
    applied timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ledger (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    origin text NOT NULL CHECK (origin <> ''),
    vkey text NOT NULL
);

-- The one row whose lock orders all writers. `frontier` holds the complete subtree hashes, largest first; `revisions`
-- counts the records that have revised others: what was read under another count may be outdated.
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

-- One row a batch: the checkpoint that its receipts are proved against.
CREATE TABLE batch (
    size bigint PRIMARY KEY CHECK (size > 0),
    root bytea NOT NULL CHECK (length(root) = 32)
);

-- Heads that the quorum of a log's witnesses has cosigned, each as the note that was published: what is public of a log
-- that has witnesses. The first row is the head at which it began to have them. Without rows every batch is public.
CREATE TABLE publication (
    size bigint PRIMARY KEY CHECK (size >= 0),
    note text NOT NULL
);

-- Cosignatures carry a time: the newest published head, cosigned anew while nothing was appended. What proves entries is
-- the row of `publication`.
CREATE TABLE renewal (
    size bigint NOT NULL REFERENCES publication,
    number bigint NOT NULL CHECK (number > 0),
    note text NOT NULL,
    PRIMARY KEY (size, number)
);

-- Rotations of the log's key, in order: notes by which one who has pinned a key finds those that came after.
-- `ledger.vkey` is the first key.
CREATE TABLE log_key (
    number integer PRIMARY KEY CHECK (number > 0),
    size bigint NOT NULL CHECK (size >= 0),
    note text NOT NULL
);

-- Full tiles only; `root` is the hash that stands in the tile above.
CREATE TABLE tile (
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CHECK (index >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) = 8192),
    root bytea NOT NULL CHECK (length(root) = 32),
    PRIMARY KEY (level, index)
);

-- Where a record is `erased`, `body` is its residue. No statistics are kept of bodies: they would quote them.
CREATE TABLE record (
    index bigint PRIMARY KEY CHECK (index >= 0),
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    type text NOT NULL,
    issuer text NOT NULL,
    body bytea NOT NULL,
    seed bytea NOT NULL CHECK (length(seed) = 32),
    outcome bytea,
    erased boolean NOT NULL DEFAULT false,
    CONSTRAINT record_body_check CHECK (erased OR digest = sha256(body))
);
ALTER TABLE record ALTER COLUMN body SET STATISTICS 0;

-- Erasures on the log: `record` asks that the body of `subject` goes, which is done once it is committed.
CREATE TABLE erasure (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL UNIQUE REFERENCES record,
    legal_basis text NOT NULL
);

CREATE TABLE organization (
    id text PRIMARY KEY,
    record bigint NOT NULL REFERENCES record
);

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

-- What is reported of revoked keys: their signatures from log index `since` on are in doubt. A later report may name an
-- earlier index.
CREATE TABLE compromise (
    keyid bytea NOT NULL REFERENCES signing_key,
    record bigint NOT NULL REFERENCES record,
    since bigint NOT NULL CHECK (since >= 0 AND since <= record),
    PRIMARY KEY (keyid, record)
);

-- Changes of an organisation's keys. A recovery waits while the newest one is its request: any later one ends it.
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

CREATE TABLE activation (
    record bigint PRIMARY KEY REFERENCES record,
    plugin text NOT NULL,
    version text NOT NULL,
    digest text NOT NULL,
    retired boolean NOT NULL
);

CREATE TABLE transfer (
    record bigint PRIMARY KEY REFERENCES record,
    receiver text NOT NULL REFERENCES organization,
    new_lot text NOT NULL
);

CREATE TABLE acceptance (
    transfer bigint PRIMARY KEY REFERENCES transfer,
    record bigint NOT NULL REFERENCES record
);

-- `number` is record index * 1024 + position. `composition` only where it differs from the product's.
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
    expires text
);
CREATE INDEX lot_item ON lot (item) WHERE item IS NOT NULL;
CREATE INDEX lot_pool ON lot (pool, number) WHERE pool IS NOT NULL;
-- What was made of a product. Of transfers, pools, declarations, waste, cores and credits it holds nothing, save what a
-- transfer brought home to its owner. It is no third random index of the hot path: numbers only grow, so each product
-- appends at one place, the last leaf of its range, and only as many leaves are hot as there are products being made.
CREATE INDEX lot_product ON lot (product, number)
    WHERE facility IS NOT NULL AND sender IS NULL AND pool IS NULL AND role IN ('product', 'coProduct', 'byProduct');

-- A lot's figures, whole lot as created: burdens in the order of the product's list, contents by name; version 0 is
-- that of its own record, others are those of revisions. `share` is the part of its record's burden that it carries.
CREATE TABLE figure (
    lot bigint NOT NULL,
    version bigint NOT NULL CHECK (version >= 0),
    method text NOT NULL,
    plugin text,
    share float8 NOT NULL CHECK (share BETWEEN 0 AND 1),
    burdens float8[] NOT NULL CHECK (array_position(burdens, 'NaN') IS NULL),
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
ALTER TABLE revised ALTER COLUMN body SET STATISTICS 0;
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

-- Periods that are reported of a subject: a facility, or the organisation that issued the record.
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
-- By bytes, whatever the collation of the database: prefixes that begin with another one are a range.
CREATE INDEX prefix_bytes ON prefix (prefix COLLATE "C");

-- What a record has entered is found by its index too, so that an audit compares it beside the record.
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

-- The only rows that change besides the head: what is left of each lot.
CREATE TABLE balance (
    lot bigint PRIMARY KEY,
    remaining numeric NOT NULL CHECK (remaining >= 0 AND remaining <= quantity AND remaining <> 'NaN'),
    quantity numeric NOT NULL CHECK (quantity <> 'NaN')
) WITH (fillfactor = 80);

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

-- A record gives way to its residue once, and only where an erasure on the log names it.
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

-- How a record reads since a revision goes with the record itself, and with what revised it first.
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

CREATE FUNCTION forbid_other_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a balance stays with its lot' USING ERRCODE = 'insufficient_privilege';
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ledger', 'entry', 'batch', 'tile', 'erasure', 'organization', 'prefix', 'signing_key',
        'revocation', 'compromise', 'key_change', 'facility', 'product', 'activation', 'transfer', 'acceptance',
        'lot', 'figure', 'flow', 'revision', 'lot_version', 'pool', 'closing', 'reopening', 'provisional',
        'dispute', 'opening', 'attestation', 'claim', 'report', 'publication', 'renewal',
        'log_key']
    LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['record', 'revised']
    LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change_but_erasing()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['head', 'balance']
    LOOP
        EXECUTE format('CREATE TRIGGER only_updates BEFORE DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
    END LOOP;
END
$$;
CREATE TRIGGER only_erased BEFORE UPDATE ON record FOR EACH ROW EXECUTE FUNCTION forbid_unlogged_erasure();
CREATE TRIGGER only_erased BEFORE UPDATE ON revised
    FOR EACH ROW EXECUTE FUNCTION forbid_unlogged_erasure_of_revised();
CREATE TRIGGER only_remaining BEFORE UPDATE OF lot ON balance
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_other_changes();

-- What a database says about itself: verify_log() gives a row for each thing that does not hold, and none where all does.
-- It needs no program and no key, so a dump can be looked at anywhere; who signed what, and whether a plugin's figures are
-- right, it cannot tell: `carbon-ledger audit` does.

-- A binary64 as the shortest decimal that reads back to it, in Python's spelling, which leaves are written in.
CREATE FUNCTION verify_log_figure(amount float8) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN amount::text LIKE '%e+15' THEN amount::text::numeric::text || '.0'
        WHEN amount::text ~ '[.e]' THEN amount::text
        ELSE amount::text || '.0'
    END
$$;

-- RFC 6962: the root over hashes of leaves.
CREATE FUNCTION verify_log_root(hashes bytea[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    level bytea[] := hashes;
    above bytea[];
    width integer := cardinality(hashes);
BEGIN
    IF width = 0 THEN
        RETURN sha256('');
    END IF;
    WHILE width > 1 LOOP
        above := '{}';
        FOR i IN 1 .. width / 2 LOOP
            above := above || sha256('\x01'::bytea || level[2 * i - 1] || level[2 * i]);
        END LOOP;
        IF width % 2 = 1 THEN
            above := above || level[width];
        END IF;
        level := above;
        width := cardinality(level);
    END LOOP;
    RETURN level[1];
END
$$;

-- The salt of leaf `place` of an outcome.
CREATE FUNCTION verify_log_salt(seed bytea, place integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rtrim(translate(encode(substr(sha256(seed || int4send(place)), 1, 16), 'base64'), '+/', '-_'), '=')
$$;

-- Figures by name as a leaf holds them; nothing where all are zero.
CREATE FUNCTION verify_log_figures(title text, names text[], amounts float8[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(to_json(title)::text || ':{' || string_agg(
        to_json(name)::text || ':"' || verify_log_figure(amount) || '"', ',' ORDER BY name COLLATE "C") || '},', '')
    FROM unnest(names, amounts) AS f (name, amount) WHERE amount <> 0
$$;

-- The leaf of a lot at a place of its record's outcome, as a revision left it (0: as its record made it).
CREATE FUNCTION verify_log_leaf(l lot, f figure, quantity numeric, seed bytea, place integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT convert_to('{' || verify_log_figures('burdens', ARRAY[
            'fossilGhgEmissions', 'landUseChangeGhgEmissions', 'landManagementFossilGhgEmissions',
            'landManagementBiogenicCO2Emissions', 'landManagementBiogenicCO2Removals', 'biogenicNonCO2Emissions',
            'technologicalCO2Removals', 'ccsTechnologicalCO2Capture', 'aircraftGhgEmissions', 'transportGhgEmissions',
            'packagingGhgEmissions', 'electricityLocation', 'electricityMarket', 'electricityKwh', 'energyMj',
            'renewableEnergyMj', 'absGhg', 'primaryAbs', 'technologyAbs', 'timeAbs', 'geographyAbs', 'omittedAbs',
            'unestimated', 'provisionalAbs'], f.burdens)
        || verify_log_figures('contents', f.content, f.amount)
        || coalesce('"credit":' || to_json(l.credit)::text || ',', '')
        || '"holder":' || to_json(l.holder)::text || ',"leaf":"lot","lot":' || to_json(l.id)::text
        || ',"method":' || to_json(f.method)::text || ','
        || coalesce('"owner":' || to_json(l.owner)::text || ',', '')
        || coalesce('"plugin":' || to_json(f.plugin)::text || ',', '')
        || '"product":' || to_json(l.product)::text
        || ',"quantity":{"unit":' || to_json(l.unit)::text || ',"value":"' || trim_scale(quantity)::text || '"}'
        || ',"role":' || to_json(l.role)::text || ',"salt":"' || verify_log_salt(seed, place) || '"}', 'UTF8')
$$;

-- What is left of a lot by its newest version and by the newest version of all that takes from it.
CREATE FUNCTION verify_log_balances() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE sql STABLE AS $$
    WITH own AS (
        SELECT record, max(version) AS version FROM revised WHERE own GROUP BY record
    ), taken AS (
        SELECT w.lot, sum(w.quantity) AS quantity FROM flow w LEFT JOIN own o ON o.record = w.record
        WHERE w.version = coalesce(o.version, 0) GROUP BY w.lot
    ), newest AS (
        SELECT DISTINCT ON (number) number, quantity, withdrawn FROM lot_version ORDER BY number, version DESC
    ), expected AS (
        SELECT l.number, coalesce(n.quantity, l.quantity) AS quantity,
               CASE WHEN n.withdrawn THEN 0 ELSE coalesce(n.quantity, l.quantity) END
                   - coalesce(t.quantity, 0) AS remaining
        FROM lot l LEFT JOIN newest n USING (number) LEFT JOIN taken t ON t.lot = l.number
    )
    SELECT coalesce(e.number, b.lot) / 1024, 'balances', CASE
        WHEN e.number IS NULL THEN format('lot number %s has a balance, but there is no such lot', b.lot)
        WHEN b.lot IS NULL THEN format('lot number %s has no balance', e.number)
        ELSE format('%s of %s is left of lot number %s, its flows leave %s of %s', b.remaining, b.quantity, b.lot,
                    e.remaining, e.quantity) END
    FROM expected e FULL JOIN balance b ON b.lot = e.number
    WHERE (e.remaining, e.quantity) IS DISTINCT FROM (b.remaining, b.quantity)
    UNION ALL
    SELECT w.record, 'flows', format('it takes of lot number %s, which is not there before it', w.lot)
    FROM flow w LEFT JOIN lot l ON l.number = w.lot WHERE l.number IS NULL OR w.lot / 1024 >= w.record
$$;

-- Burdens as records made them: what comes in by parts and is not retained goes out by shares.
CREATE FUNCTION verify_log_conservation() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE sql STABLE AS $$
    WITH leaves AS (
        SELECT r.index, r.type, convert_from(r.outcome, 'UTF8')::jsonb AS leaf FROM record r WHERE r.outcome IS NOT NULL
    ), made AS (
        SELECT l.number / 1024 AS record, sum(f.burdens[1]) AS fossil, sum(f.burdens[17]) AS amount,
               bool_or(f.burdens[17] <> 0 OR f.share <> 0) AS carries
        FROM lot l JOIN figure f ON f.lot = l.number AND f.version = 0 GROUP BY 1
    ), taken AS (
        SELECT w.record, sum(w.quantity::float8 / l.quantity::float8 * f.burdens[1]) AS fossil,
               sum(w.quantity::float8 / l.quantity::float8 * f.burdens[17]) AS amount
        FROM flow w JOIN lot l ON l.number = w.lot JOIN figure f ON f.lot = w.lot AND f.version = 0
        WHERE w.version = 0 AND NOT EXISTS (SELECT FROM figure x WHERE x.lot = w.lot AND x.version > 0)
        GROUP BY w.record
        HAVING count(*) = (SELECT count(*) FROM flow y WHERE y.record = w.record AND y.version = 0)
    )
    SELECT v.index, 'figures', format('burdens of %s kg go out or stay, %s come in, and nothing else happens in it',
                                      coalesce(m.fossil, 0) + v.retained, coalesce(t.fossil, 0))
    FROM (SELECT index, type, coalesce((leaf #>> '{retained,fossilGhgEmissions}')::float8, 0) AS retained, leaf
          FROM leaves) v JOIN taken t ON t.record = v.index LEFT JOIN made m ON m.record = v.index
    WHERE v.type IN ('transfer', 'consumption') AND NOT v.leaf -> 'assessment' ? 'lines' AND NOT v.leaf ? 'averaged'
      AND abs(coalesce(m.fossil, 0) + v.retained - t.fossil) > 1e-9 * greatest(abs(t.fossil), 1)
    UNION ALL
    SELECT s.record, 'figures', format('lot number %s is stored with share %s, its burdens say another', s.number, s.share)
    FROM (SELECT l.number / 1024 AS record, l.number, f.share, f.burdens[17] AS amount FROM lot l
          JOIN figure f ON f.lot = l.number AND f.version = 0) s
    JOIN made m ON m.record = s.record JOIN leaves v ON v.index = s.record
    WHERE v.type = 'transformation' AND NOT v.leaf -> 'assessment' ? 'assigned'
      AND abs(s.amount - s.share * m.amount) > 1e-9 * greatest(abs(m.amount), 1)
$$;

-- Results: that rows hash to what entries commit to, bit for bit, and that burdens are conserved (within 1e-9).
CREATE FUNCTION verify_log_results() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE sql STABLE AS $$
    WITH lots AS (
        SELECT l.number / 1024 AS record, f.version,
               array_agg(sha256('\x00'::bytea || verify_log_leaf(l, f, coalesce(v.quantity, l.quantity), r.seed,
                   (l.number % 1024)::integer + 1 + coalesce(m.count, 0)::integer)) ORDER BY l.number) AS hashes
        FROM lot l JOIN figure f ON f.lot = l.number JOIN record r ON r.index = l.number / 1024
        LEFT JOIN LATERAL (SELECT quantity FROM lot_version x WHERE x.number = l.number AND x.version <= f.version
                           ORDER BY x.version DESC LIMIT 1) v ON true
        LEFT JOIN LATERAL (SELECT count(*) FROM revision n JOIN revised w ON w.version = n.version
                           WHERE n.record = r.index AND f.version = 0) m ON r.type IN ('amendment', 'closing')
        GROUP BY 1, 2
    ), revising AS (
        SELECT n.record, array_agg(sha256('\x00'::bytea || convert_to(format(
            '{"index":%s,"leaf":"revision","outcome":"%s","record":"%s","salt":"%s"}', w.record,
            encode(w.outcome, 'hex'), encode(o.digest, 'hex'), verify_log_salt(r.seed, w.place::integer)), 'UTF8'))
            ORDER BY w.record) AS hashes
        FROM revision n JOIN record r ON r.index = n.record
        JOIN (SELECT record, version, outcome, row_number() OVER (PARTITION BY version ORDER BY record) AS place
              FROM revised) w ON w.version = n.version
        JOIN record o ON o.index = w.record GROUP BY n.record
    )
    SELECT r.index, 'figures', 'its stored results are not those that its entry commits to'
    FROM record r JOIN entry e USING (index) LEFT JOIN revising v ON v.record = r.index
    LEFT JOIN lots l ON l.record = r.index AND l.version = 0
    WHERE substr(e.data, 131, 32) IS DISTINCT FROM verify_log_root(CASE WHEN r.outcome IS NULL THEN '{}'::bytea[] ELSE
        ARRAY[sha256('\x00'::bytea || r.outcome)] || coalesce(v.hashes, '{}') || coalesce(l.hashes, '{}') END)
       OR (r.outcome IS NULL AND l.hashes IS NOT NULL)
    UNION ALL
    SELECT n.record, 'figures', format('what it makes of record %s is stored otherwise than it commits to', w.record)
    FROM revised w JOIN revision n USING (version) LEFT JOIN lots l ON l.record = w.record AND l.version = w.version
    WHERE w.outcome IS DISTINCT FROM verify_log_root(CASE WHEN w.leaf IS NULL THEN '{}'::bytea[] ELSE
        ARRAY[sha256('\x00'::bytea || w.leaf)] || coalesce(l.hashes, '{}') END)
    UNION ALL
    SELECT l.record, 'figures', format('figures of version %s are stored, which no revision made', l.version)
    FROM lots l LEFT JOIN revised w ON w.record = l.record AND w.version = l.version
    WHERE l.version > 0 AND w.record IS NULL
    UNION ALL
    SELECT l.number / 1024, 'figures', format('lot number %s has no figures', l.number)
    FROM lot l WHERE NOT EXISTS (SELECT FROM figure f WHERE f.lot = l.number AND f.version = 0)
    UNION ALL
    SELECT f.lot / 1024, 'figures', format('there are figures of lot number %s, but no such lot', f.lot)
    FROM figure f WHERE NOT EXISTS (SELECT FROM lot l WHERE l.number = f.lot)
    UNION ALL
    SELECT * FROM verify_log_conservation()
$$;

-- Entries, records and the tree, in one walk over the leaves.
CREATE FUNCTION verify_log_tree() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    one record;
    height integer;
    node bytea;
    nodes bytea[] := '{}';
    heights integer[] := '{}';
    counted bigint := 0;
    last_time bigint := 0;
    now_time bigint;
    folded bytea;
BEGIN
    FOR one IN SELECT e.index, e.data, e.leaf_hash, b.root FROM entry e LEFT JOIN batch b ON b.size = e.index + 1
        ORDER BY e.index
    LOOP
        IF one.index <> counted THEN
            RETURN QUERY SELECT counted, 'order', format('entry %s where %s is expected', one.index, counted);
            RETURN;
        END IF;
        IF one.leaf_hash <> sha256('\x00'::bytea || one.data) THEN
            RETURN QUERY SELECT counted, 'entry', 'its leaf hash is stored otherwise than it hashes';
        END IF;
        now_time := ('x' || encode(substr(one.data, 163, 8), 'hex'))::bit(64)::bigint;
        IF now_time < last_time THEN
            RETURN QUERY SELECT counted, 'time', format('time %s is before that of the entry before it', now_time);
        END IF;
        last_time := greatest(now_time, last_time);
        node := sha256('\x00'::bytea || one.data);
        height := 0;
        counted := counted + 1;
        WHILE cardinality(heights) > 0 AND heights[cardinality(heights)] = height LOOP
            node := sha256('\x01'::bytea || nodes[cardinality(nodes)] || node);
            nodes := trim_array(nodes, 1);
            heights := trim_array(heights, 1);
            height := height + 1;
            IF height % 8 = 0 THEN
                RETURN QUERY SELECT counted - 1, 'tiles', format('tile %s/%s is missing, or has another root than its '
                    'entries', height / 8 - 1, (counted >> height) - 1)
                WHERE NOT EXISTS (SELECT FROM tile t WHERE t.level = height / 8 - 1
                    AND t.index = (counted >> height) - 1 AND t.root = node);
            END IF;
        END LOOP;
        nodes := nodes || node;
        heights := heights || height;
        IF one.root IS NOT NULL THEN
            folded := nodes[cardinality(nodes)];
            FOR i IN REVERSE cardinality(nodes) - 1 .. 1 LOOP
                folded := sha256('\x01'::bytea || nodes[i] || folded);
            END LOOP;
            IF folded <> one.root THEN
                RETURN QUERY SELECT counted - 1, 'batches', format('the batch that ends at %s has another root than the '
                    'entries', counted);
            END IF;
        END IF;
    END LOOP;
    folded := CASE WHEN counted = 0 THEN sha256('') ELSE nodes[cardinality(nodes)] END;
    FOR i IN REVERSE cardinality(nodes) - 1 .. 1 LOOP
        folded := sha256('\x01'::bytea || nodes[i] || folded);
    END LOOP;
    RETURN QUERY SELECT NULL::bigint, 'head', 'the head is stored with another size, root, frontier or time than the '
        'entries give' FROM head h WHERE h.size <> counted OR h.root <> folded OR h.time <> last_time
        OR h.frontier <> int8send(counted) || coalesce((SELECT string_agg(n, ''::bytea ORDER BY p)
            FROM unnest(nodes) WITH ORDINALITY AS x (n, p)), ''::bytea);
    RETURN QUERY SELECT NULL::bigint, 'batches', format('no batch ends at the size %s', counted)
        WHERE counted > 0 AND NOT EXISTS (SELECT FROM batch b WHERE b.size = counted);
END
$$;

CREATE FUNCTION verify_log() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE sql STABLE AS $$
    SELECT * FROM verify_log_tree()
    UNION ALL
    SELECT b.size - 1, 'batches', format('a batch ends at %s, beyond the entries', b.size) FROM batch b, head h
    WHERE b.size > h.size
    UNION ALL
    SELECT least((t.index + 1) * 256 ^ (t.level + 1), h.size)::bigint - 1, 'tiles',
           format('tile %s/%s holds other hashes than what is below it', t.level, t.index)
    FROM head h, tile t LEFT JOIN LATERAL (
        SELECT string_agg(e.leaf_hash, ''::bytea ORDER BY e.index) AS hashes FROM entry e
        WHERE t.level = 0 AND e.index >= t.index * 256 AND e.index < (t.index + 1) * 256
        UNION ALL
        SELECT string_agg(c.root, ''::bytea ORDER BY c.index) FROM tile c
        WHERE t.level > 0 AND c.level = t.level - 1 AND c.index >= t.index * 256 AND c.index < (t.index + 1) * 256
    ) below ON below.hashes IS NOT NULL WHERE t.hashes IS DISTINCT FROM below.hashes
    UNION ALL
    SELECT coalesce(e.index, r.index), 'record', CASE WHEN r.index IS NULL THEN 'its body is missing'
        WHEN e.index IS NULL THEN 'there is a record, but no entry' ELSE 'the body, the digest that is stored and the '
        'digest in the entry differ' END
    FROM entry e FULL JOIN record r ON r.index = e.index
    WHERE e.index IS NULL OR r.index IS NULL OR r.digest <> substr(e.data, 3, 32)
       OR (r.digest <> sha256(r.body) AND NOT (r.erased AND EXISTS (SELECT FROM erasure x WHERE x.subject = r.index)))
    UNION ALL
    SELECT r.index, 'record', 'the seed of its salts is stored otherwise than its nonce gives' FROM record r
    WHERE NOT r.erased AND r.digest = sha256(r.body) AND r.seed <> sha256(
        convert_to(E'carbon-ledger/salt/v1\n', 'UTF8') || decode(translate(convert_from(r.body, 'UTF8')::json ->> 'nonce', '-_', '+/')
            || '==', 'base64'))
    UNION ALL
    SELECT * FROM verify_log_results()
    UNION ALL
    SELECT * FROM verify_log_balances()
$$;

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
GRANT UPDATE (remaining, quantity) ON balance TO carbon_ledger_writer;

-- Whoever erases reads, and puts residues in the place of bodies; triggers hold him to the erasures on the log.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carbon_ledger_eraser') THEN
        CREATE ROLE carbon_ledger_eraser NOLOGIN;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA public TO carbon_ledger_eraser;
GRANT SELECT ON record, revised, revision, erasure, head TO carbon_ledger_eraser;
GRANT UPDATE (body, erased) ON record TO carbon_ledger_eraser;
GRANT UPDATE (body) ON revised TO carbon_ledger_eraser;
