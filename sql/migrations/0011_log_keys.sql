-- Rotations of the log's key: notes by which one who has pinned a key finds those that came after. `ledger.vkey` stays
-- the first one.

CREATE TABLE log_key (
    number integer PRIMARY KEY CHECK (number > 0),
    size bigint NOT NULL CHECK (size >= 0),
    note text NOT NULL
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON log_key
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON log_key TO carbon_ledger_writer;
