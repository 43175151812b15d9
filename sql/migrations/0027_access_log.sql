-- The access log: who read which data of whom, when, by which right. No earlier table changes; programs of the version
-- before note nothing.
-- compatible-from: 18

CREATE TABLE access (
    day date NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    owner text NOT NULL,
    data bytea NOT NULL,
    leaf_hash bytea NOT NULL CHECK (leaf_hash = sha256('\x00'::bytea || data)),
    PRIMARY KEY (day, number)
);
ALTER TABLE access ALTER COLUMN data SET STATISTICS 0;
CREATE INDEX access_owner ON access (owner, day, number);

CREATE TABLE access_day (
    day date PRIMARY KEY,
    size bigint NOT NULL CHECK (size > 0),
    closed boolean NOT NULL DEFAULT false
);
CREATE INDEX access_day_open ON access_day (day) WHERE NOT closed;

CREATE TABLE access_root (
    day date PRIMARY KEY,
    size bigint NOT NULL CHECK (size > 0),
    note text NOT NULL
);

CREATE TABLE access_tile (
    day date NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CHECK (index >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (day, level, index)
);

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
    IF EXISTS (SELECT FROM access_root WHERE day = NEW.day) THEN
        RAISE EXCEPTION 'the day % of the access log is closed', NEW.day USING ERRCODE = 'insufficient_privilege';
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

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON access
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change_but_expiring();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON access_tile
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change_but_expiring();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON access_root
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_updates BEFORE DELETE OR TRUNCATE ON access_day
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_open BEFORE INSERT ON access FOR EACH ROW EXECUTE FUNCTION forbid_row_of_closed_day();
CREATE TRIGGER only_closes BEFORE UPDATE ON access_day FOR EACH ROW EXECUTE FUNCTION forbid_reopening();
GRANT SELECT, INSERT ON access, access_day, access_root, access_tile TO carbon_ledger_writer;
GRANT UPDATE (size, closed) ON access_day TO carbon_ledger_writer;
GRANT SELECT ON access, access_day, access_root, access_tile TO carbon_ledger_eraser;
GRANT DELETE ON access, access_tile TO carbon_ledger_eraser;
