-- Heads that the quorum of a log's witnesses has cosigned: what is public of a log that has witnesses.

CREATE TABLE publication (
    size bigint PRIMARY KEY CHECK (size >= 0),
    note text NOT NULL
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON publication
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON publication TO carbon_ledger_writer;
