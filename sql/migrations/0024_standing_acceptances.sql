-- Receivers accept deliveries by a rule when they arrive. Only version 4 of the rules has such records, and no earlier
-- program knows that version.
-- compatible-from: 18

CREATE TABLE standing_acceptance (
    record bigint PRIMARY KEY REFERENCES record,
    receiver text NOT NULL REFERENCES organization,
    sender text NOT NULL REFERENCES organization,
    product text NOT NULL
);
CREATE INDEX standing_acceptance_newest ON standing_acceptance (receiver, sender, product, record DESC);
CREATE TABLE arrival (
    transfer bigint PRIMARY KEY REFERENCES transfer,
    rule bigint NOT NULL REFERENCES standing_acceptance
);
CREATE INDEX arrival_rule ON arrival (rule, transfer);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON standing_acceptance
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON arrival
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON standing_acceptance, arrival TO carbon_ledger_writer;
