-- What sites and organisations report of a period beside their flows.

-- Periods that are reported of a subject: a facility, or the organisation that issued the record.
CREATE TABLE report (
    record bigint PRIMARY KEY REFERENCES record,
    subject text NOT NULL,
    starts text NOT NULL,
    ends text NOT NULL
);
CREATE INDEX report_subject ON report (subject, starts);

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON report
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

GRANT SELECT, INSERT ON report TO carbon_ledger_writer;
