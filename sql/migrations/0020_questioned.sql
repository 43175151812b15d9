-- verify_log() knows the questioned amount of lots.
-- compatible-from: 18

-- The leaf of a lot at a place of its record's outcome, as of a revision (0: as its record made it).
CREATE OR REPLACE FUNCTION verify_log_leaf(l lot, f figure, quantity numeric, seed bytea, place integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT convert_to('{' || verify_log_figures('burdens', ARRAY[
            'fossilGhgEmissions', 'landUseChangeGhgEmissions', 'landManagementFossilGhgEmissions',
            'landManagementBiogenicCO2Emissions', 'landManagementBiogenicCO2Removals', 'biogenicNonCO2Emissions',
            'technologicalCO2Removals', 'ccsTechnologicalCO2Capture', 'aircraftGhgEmissions', 'transportGhgEmissions',
            'packagingGhgEmissions', 'electricityLocation', 'electricityMarket', 'electricityKwh', 'energyMj',
            'renewableEnergyMj', 'absGhg', 'primaryAbs', 'technologyAbs', 'timeAbs', 'geographyAbs', 'omittedAbs',
            'unestimated', 'provisionalAbs', 'electricityOverLocation', 'biogenicCO2Emissions', 'questionedAbs'],
            f.burdens)
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
