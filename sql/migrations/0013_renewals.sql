-- Cosignatures carry a time: the newest published head, cosigned anew while nothing was appended. What proves entries is
-- the row of `publication`.

CREATE TABLE renewal (
    size bigint NOT NULL REFERENCES publication,
    number bigint NOT NULL CHECK (number > 0),
    note text NOT NULL,
    PRIMARY KEY (size, number)
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON renewal
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON renewal TO carbon_ledger_writer;
