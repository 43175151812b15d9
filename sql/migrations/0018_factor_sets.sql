-- Factor sets have a precedence among each other.

ALTER TABLE activation ADD COLUMN precedence integer;

-- The code of plugin versions, so that they stay runnable after another version is installed.
CREATE TABLE plugin_archive (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    plugin text NOT NULL,
    version text NOT NULL,
    mass_tolerance numeric NOT NULL,
    element_tolerance numeric NOT NULL,
    archive bytea NOT NULL
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON plugin_archive
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON plugin_archive TO carbon_ledger_writer;
