-- Keys that are reported compromised, and the registrar's delayed recovery of an organisation.

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

INSERT INTO key_change (record, organization)
SELECT index, convert_from(body, 'UTF8')::jsonb ->> 'organization' FROM record WHERE type = 'keyChange';

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON compromise
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON key_change
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

GRANT SELECT, INSERT ON compromise, key_change TO carbon_ledger_writer;
