-- Organisations grant rights to read, publish passports, and the registrar appoints readers. Only version 4 of the rules
-- has such records, and no earlier program knows that version.
-- compatible-from: 18

CREATE TABLE access_grant (
    record bigint PRIMARY KEY REFERENCES record,
    grantor text NOT NULL REFERENCES organization,
    grantee text REFERENCES organization,
    link text CHECK (octet_length(link) = 64),
    depth text NOT NULL CHECK (depth IN ('totals', 'stages', 'suppliers', 'full')),
    lot bigint,
    product text,
    declaration bigint,
    starts text,
    ends text,
    expires text NOT NULL,
    CHECK (num_nonnulls(grantee, link) = 1),
    CHECK (num_nonnulls(lot, product, declaration) <= 1)
);
CREATE INDEX access_grant_grantee ON access_grant (grantee, record) WHERE grantee IS NOT NULL;
CREATE INDEX access_grant_expires ON access_grant (grantee, expires) WHERE grantee IS NOT NULL;
CREATE INDEX access_grant_grantor ON access_grant (grantor, record);
CREATE INDEX access_grant_declaration ON access_grant (declaration, grantee) WHERE declaration IS NOT NULL;
CREATE TABLE grant_revocation (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL REFERENCES access_grant
);
CREATE INDEX grant_revocation_subject ON grant_revocation (subject, record);

CREATE TABLE reader (
    record bigint PRIMARY KEY REFERENCES record,
    organization text NOT NULL REFERENCES organization,
    expires text
);
CREATE INDEX reader_organization ON reader (organization, record);
CREATE TABLE reader_revocation (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL REFERENCES reader
);
CREATE INDEX reader_revocation_subject ON reader_revocation (subject, record);

CREATE TABLE published (
    record bigint PRIMARY KEY REFERENCES record,
    organization text NOT NULL REFERENCES organization,
    lot bigint,
    product text,
    declaration bigint,
    CHECK (num_nonnulls(lot, product, declaration) = 1)
);
CREATE INDEX published_organization ON published (organization, record);
CREATE INDEX published_lot ON published (lot) WHERE lot IS NOT NULL;
CREATE INDEX published_product ON published (product) WHERE product IS NOT NULL;
CREATE INDEX published_declaration ON published (declaration) WHERE declaration IS NOT NULL;
CREATE TABLE publication_end (
    record bigint PRIMARY KEY REFERENCES record,
    subject bigint NOT NULL REFERENCES published
);
CREATE INDEX publication_end_subject ON publication_end (subject, record);

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON access_grant
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON grant_revocation
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON reader
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON reader_revocation
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON published
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON publication_end
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON access_grant, grant_revocation, reader, reader_revocation, published, publication_end
    TO carbon_ledger_writer;
