-- Whoever reads has an identity: clients with a secret, the keys that sign access tokens, and ids that are used up. They
-- are no part of the log. Programs of before answer everybody or do not know tokens, and run with these tables.
-- compatible-from: 18

CREATE TABLE client (
    id text PRIMARY KEY,
    organization text NOT NULL REFERENCES organization,
    name text NOT NULL,
    scopes text[] NOT NULL,
    secret text NOT NULL CHECK (secret LIKE '$argon2id$%'),
    created timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX client_organization ON client (organization, id);
CREATE TABLE client_revocation (
    client text PRIMARY KEY REFERENCES client,
    revoked timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE token_key (
    number bigint PRIMARY KEY,
    salt bytea NOT NULL CHECK (octet_length(salt) = 32),
    log_key text NOT NULL,
    begins timestamptz NOT NULL DEFAULT now(),
    replaces boolean NOT NULL DEFAULT false
);
CREATE INDEX token_key_replaces ON token_key (number) WHERE replaces;
CREATE TABLE spent_id (
    id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
    expires timestamptz NOT NULL
);
CREATE INDEX spent_id_expires ON spent_id (expires);

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON client
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON client_revocation
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON token_key
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON client, client_revocation, token_key, spent_id TO carbon_ledger_writer;
GRANT DELETE ON spent_id TO carbon_ledger_writer;
