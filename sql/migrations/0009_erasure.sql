-- Erasure: the body of a record gives way to its residue, where an erasure on the log names it.

ALTER TABLE record DROP CONSTRAINT record_check;
-- Statistics of bodies would quote them. To state the type that they have lets go of those that there are.
ALTER TABLE record ALTER COLUMN body TYPE bytea;
ALTER TABLE record ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE revised ALTER COLUMN body TYPE bytea;
ALTER TABLE revised ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE record ADD COLUMN erased boolean NOT NULL DEFAULT false;
ALTER TABLE record ADD CONSTRAINT record_body_check CHECK (erased OR digest = sha256(body));

-- Erasures on the log: `record` asks that the body of `subject` goes, which is done once it is committed.
CREATE TABLE erasure (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL UNIQUE REFERENCES record,
    legal_basis text NOT NULL
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON erasure TO carbon_ledger_writer;

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

DROP TRIGGER only_grows ON record;
DROP TRIGGER only_grows ON revised;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON record
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change_but_erasing();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON revised
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change_but_erasing();
CREATE TRIGGER only_erased BEFORE UPDATE ON record FOR EACH ROW EXECUTE FUNCTION forbid_unlogged_erasure();
CREATE TRIGGER only_erased BEFORE UPDATE ON revised
    FOR EACH ROW EXECUTE FUNCTION forbid_unlogged_erasure_of_revised();

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
