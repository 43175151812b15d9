-- Factor sets have a precedence among each other. A burden is added at the end of the vector: vectors that are stored
-- already end before it.

ALTER TABLE activation ADD COLUMN precedence integer;

-- The leaf of a lot at a place of its record's outcome, as of a revision (0: as its record made it).
CREATE OR REPLACE FUNCTION verify_log_leaf(l lot, f figure, quantity numeric, seed bytea, place integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT convert_to('{' || verify_log_figures('burdens', ARRAY[
            'fossilGhgEmissions', 'landUseChangeGhgEmissions', 'landManagementFossilGhgEmissions',
            'landManagementBiogenicCO2Emissions', 'landManagementBiogenicCO2Removals', 'biogenicNonCO2Emissions',
            'technologicalCO2Removals', 'ccsTechnologicalCO2Capture', 'aircraftGhgEmissions', 'transportGhgEmissions',
            'packagingGhgEmissions', 'electricityLocation', 'electricityMarket', 'electricityKwh', 'energyMj',
            'renewableEnergyMj', 'absGhg', 'primaryAbs', 'technologyAbs', 'timeAbs', 'geographyAbs', 'omittedAbs',
            'unestimated', 'provisionalAbs', 'electricityOverLocation', 'biogenicCO2Emissions'], f.burdens)
        || verify_log_figures('contents', f.content, f.amount)
        || coalesce('"credit":' || to_json(l.credit)::text || ',', '')
        || '"holder":' || to_json(l.holder)::text || ',"leaf":"lot","lot":' || to_json(l.id)::text
        || ',"method":' || to_json(f.method)::text || ','
        || coalesce('"owner":' || to_json(l.owner)::text || ',', '')
        || coalesce('"plugin":' || to_json(f.plugin)::text || ',', '')
        || '"product":' || to_json(l.product)::text
        || ',"quantity":{"unit":' || to_json(l.unit)::text || ',"value":"' || trim_scale(quantity)::text || '"}'
        || ',"role":' || to_json(l.role)::text || ',"salt":"' || verify_log_salt(seed, place) || '"}', 'UTF8')
$$;
-- The code of plugin versions, so that they stay runnable after another version is installed.
CREATE TABLE plugin_archive (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    plugin text NOT NULL,
    version text NOT NULL,
    terms text NOT NULL,
    archive bytea NOT NULL
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON plugin_archive
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON plugin_archive TO carbon_ledger_writer;
