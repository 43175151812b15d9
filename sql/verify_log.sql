-- verify_log() verifies a database by itself: it returns a row for each fault, and no rows if all is correct. It needs
-- no program and no key, so anyone can check a dump anywhere. It cannot check signatures and the figures of plugins:
-- `carbon-ledger audit` does.

-- A binary64 as the shortest decimal that reads back to it, in Python's spelling, which the leaves use.
CREATE FUNCTION verify_log_figure(amount float8) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN amount::text LIKE '%e+15' THEN amount::text::numeric::text || '.0'
        WHEN amount::text ~ '[.e]' THEN amount::text
        ELSE amount::text || '.0'
    END
$$;

-- RFC 6962: the root over leaf hashes.
CREATE FUNCTION verify_log_root(hashes bytea[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    level bytea[] := hashes;
    above bytea[];
    width integer := cardinality(hashes);
BEGIN
    IF width = 0 THEN
        RETURN sha256('');
    END IF;
    WHILE width > 1 LOOP
        above := '{}';
        FOR i IN 1 .. width / 2 LOOP
            above := above || sha256('\x01'::bytea || level[2 * i - 1] || level[2 * i]);
        END LOOP;
        IF width % 2 = 1 THEN
            above := above || level[width];
        END IF;
        level := above;
        width := cardinality(level);
    END LOOP;
    RETURN level[1];
END
$$;

-- The salt of leaf `place` of an outcome.
CREATE FUNCTION verify_log_salt(seed bytea, place integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rtrim(translate(encode(substr(sha256(seed || int4send(place)), 1, 16), 'base64'), '+/', '-_'), '=')
$$;

-- Figures by name, as in a leaf; an empty text if all are zero.
CREATE FUNCTION verify_log_figures(title text, names text[], amounts float8[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(to_json(title)::text || ':{' || string_agg(
        to_json(name)::text || ':"' || verify_log_figure(amount) || '"', ',' ORDER BY name COLLATE "C") || '},', '')
    FROM unnest(names, amounts) AS f (name, amount) WHERE amount <> 0
$$;

-- The leaf of a lot at a place of its record's outcome, as of a revision (0: as its record made it).
CREATE FUNCTION verify_log_leaf(l lot, f figure, quantity numeric, seed bytea, place integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT convert_to('{' || verify_log_figures('burdens', ARRAY[
            'fossilGhgEmissions', 'landUseChangeGhgEmissions', 'landManagementFossilGhgEmissions',
            'landManagementBiogenicCO2Emissions', 'landManagementBiogenicCO2Removals', 'biogenicNonCO2Emissions',
            'technologicalCO2Removals', 'ccsTechnologicalCO2Capture', 'aircraftGhgEmissions', 'transportGhgEmissions',
            'packagingGhgEmissions', 'electricityLocation', 'electricityMarket', 'electricityKwh', 'energyMj',
            'renewableEnergyMj', 'absGhg', 'primaryAbs', 'technologyAbs', 'timeAbs', 'geographyAbs', 'omittedAbs',
            'unestimated', 'provisionalAbs', 'electricityOverLocation', 'biogenicCO2Emissions', 'questionedAbs',
            'documentedAbs'],
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

-- Checks the remaining quantities of lots against the newest versions of the lots and of the records that take from
-- them.
CREATE FUNCTION verify_log_balances() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE sql STABLE AS $$
    WITH own AS (
        SELECT record, max(version) AS version FROM revised WHERE own GROUP BY record
    ), taken AS (
        SELECT w.lot, sum(w.quantity) AS quantity FROM flow w LEFT JOIN own o ON o.record = w.record
        WHERE w.version = coalesce(o.version, 0) GROUP BY w.lot
    ), newest AS (
        SELECT DISTINCT ON (number) number, quantity, withdrawn FROM lot_version ORDER BY number, version DESC
    ), expected AS (
        SELECT l.number, coalesce(n.quantity, l.quantity) AS quantity,
               CASE WHEN n.withdrawn THEN 0 ELSE coalesce(n.quantity, l.quantity) END
                   - coalesce(t.quantity, 0) AS remaining
        FROM lot l LEFT JOIN newest n USING (number) LEFT JOIN taken t ON t.lot = l.number
    )
    SELECT coalesce(e.number, b.lot) / 1024, 'balances', CASE
        WHEN e.number IS NULL THEN format('lot number %s has a balance, but there is no such lot', b.lot)
        WHEN b.lot IS NULL THEN format('lot number %s has no balance', e.number)
        ELSE format('%s of %s is left of lot number %s, its flows leave %s of %s', b.remaining, b.quantity, b.lot,
                    e.remaining, e.quantity) END
    FROM expected e FULL JOIN balance b ON b.lot = e.number
    WHERE (e.remaining, e.quantity) IS DISTINCT FROM (b.remaining, b.quantity)
    UNION ALL
    SELECT w.record, 'flows', format('it takes of lot number %s, which is not there before it', w.lot)
    FROM flow w LEFT JOIN lot l ON l.number = w.lot WHERE l.number IS NULL OR w.lot / 1024 >= w.record
$$;

-- Checks the conservation of burdens: the burdens that come in by taken fractions and are not retained go out by
-- allocation shares.
CREATE FUNCTION verify_log_conservation() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE sql STABLE AS $$
    WITH leaves AS (
        SELECT r.index, r.type, convert_from(r.outcome, 'UTF8')::jsonb AS leaf FROM record r WHERE r.outcome IS NOT NULL
    ), made AS (
        SELECT l.number / 1024 AS record, sum(f.burdens[1]) AS fossil, sum(f.burdens[17]) AS amount,
               bool_or(f.burdens[17] <> 0 OR f.share <> 0) AS carries
        FROM lot l JOIN figure f ON f.lot = l.number AND f.version = 0 GROUP BY 1
    ), taken AS (
        SELECT w.record, sum(w.quantity::float8 / l.quantity::float8 * f.burdens[1]) AS fossil,
               sum(w.quantity::float8 / l.quantity::float8 * f.burdens[17]) AS amount
        FROM flow w JOIN lot l ON l.number = w.lot JOIN figure f ON f.lot = w.lot AND f.version = 0
        WHERE w.version = 0 AND NOT EXISTS (SELECT FROM figure x WHERE x.lot = w.lot AND x.version > 0)
        GROUP BY w.record
        HAVING count(*) = (SELECT count(*) FROM flow y WHERE y.record = w.record AND y.version = 0)
    )
    SELECT v.index, 'figures', format('burdens of %s kg go out or stay, %s come in, and nothing else happens in it',
                                      coalesce(m.fossil, 0) + v.retained, coalesce(t.fossil, 0))
    FROM (SELECT index, type, coalesce((leaf #>> '{retained,fossilGhgEmissions}')::float8, 0) AS retained, leaf
          FROM leaves) v JOIN taken t ON t.record = v.index LEFT JOIN made m ON m.record = v.index
    WHERE v.type IN ('transfer', 'consumption') AND NOT v.leaf -> 'assessment' ? 'lines' AND NOT v.leaf ? 'averaged'
      AND abs(coalesce(m.fossil, 0) + v.retained - t.fossil) > 1e-9 * greatest(abs(t.fossil), 1)
    UNION ALL
    SELECT s.record, 'figures', format('lot number %s is stored with share %s, its burdens say another', s.number, s.share)
    FROM (SELECT l.number / 1024 AS record, l.number, f.share, f.burdens[17] AS amount FROM lot l
          JOIN figure f ON f.lot = l.number AND f.version = 0) s
    JOIN made m ON m.record = s.record JOIN leaves v ON v.index = s.record
    WHERE v.type = 'transformation' AND NOT v.leaf -> 'assessment' ? 'assigned'
      AND abs(s.amount - s.share * m.amount) > 1e-9 * greatest(abs(m.amount), 1)
$$;

-- Checks results: rows must hash to the commitments of entries, bit for bit, and burdens must be conserved (within
-- 1e-9).
CREATE FUNCTION verify_log_results() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE sql STABLE AS $$
    WITH lots AS (
        SELECT l.number / 1024 AS record, f.version,
               array_agg(sha256('\x00'::bytea || verify_log_leaf(l, f, coalesce(v.quantity, l.quantity), r.seed,
                   (l.number % 1024)::integer + 1 + coalesce(m.count, 0)::integer)) ORDER BY l.number) AS hashes
        FROM lot l JOIN figure f ON f.lot = l.number JOIN record r ON r.index = l.number / 1024
        LEFT JOIN LATERAL (SELECT quantity FROM lot_version x WHERE x.number = l.number AND x.version <= f.version
                           ORDER BY x.version DESC LIMIT 1) v ON true
        LEFT JOIN LATERAL (SELECT count(*) FROM revision n JOIN revised w ON w.version = n.version
                           WHERE n.record = r.index AND f.version = 0) m ON r.type IN ('amendment', 'closing')
        GROUP BY 1, 2
    ), revising AS (
        SELECT n.record, array_agg(sha256('\x00'::bytea || convert_to(format(
            '{"index":%s,"leaf":"revision","outcome":"%s","record":"%s","salt":"%s"}', w.record,
            encode(w.outcome, 'hex'), encode(o.digest, 'hex'), verify_log_salt(r.seed, w.place::integer)), 'UTF8'))
            ORDER BY w.record) AS hashes
        FROM revision n JOIN record r ON r.index = n.record
        JOIN (SELECT record, version, outcome, row_number() OVER (PARTITION BY version ORDER BY record) AS place
              FROM revised) w ON w.version = n.version
        JOIN record o ON o.index = w.record GROUP BY n.record
    )
    SELECT r.index, 'figures', 'its stored results are not those that its entry commits to'
    FROM record r JOIN entry e USING (index) LEFT JOIN revising v ON v.record = r.index
    LEFT JOIN lots l ON l.record = r.index AND l.version = 0
    WHERE substr(e.data, 131, 32) IS DISTINCT FROM verify_log_root(CASE WHEN r.outcome IS NULL THEN '{}'::bytea[] ELSE
        ARRAY[sha256('\x00'::bytea || r.outcome)] || coalesce(v.hashes, '{}') || coalesce(l.hashes, '{}') END)
       OR (r.outcome IS NULL AND l.hashes IS NOT NULL)
    UNION ALL
    SELECT n.record, 'figures', format('what it makes of record %s is stored otherwise than it commits to', w.record)
    FROM revised w JOIN revision n USING (version) LEFT JOIN lots l ON l.record = w.record AND l.version = w.version
    WHERE w.outcome IS DISTINCT FROM verify_log_root(CASE WHEN w.leaf IS NULL THEN '{}'::bytea[] ELSE
        ARRAY[sha256('\x00'::bytea || w.leaf)] || coalesce(l.hashes, '{}') END)
    UNION ALL
    SELECT l.record, 'figures', format('figures of version %s are stored, which no revision made', l.version)
    FROM lots l LEFT JOIN revised w ON w.record = l.record AND w.version = l.version
    WHERE l.version > 0 AND w.record IS NULL
    UNION ALL
    SELECT l.number / 1024, 'figures', format('lot number %s has no figures', l.number)
    FROM lot l WHERE NOT EXISTS (SELECT FROM figure f WHERE f.lot = l.number AND f.version = 0)
    UNION ALL
    SELECT f.lot / 1024, 'figures', format('there are figures of lot number %s, but no such lot', f.lot)
    FROM figure f WHERE NOT EXISTS (SELECT FROM lot l WHERE l.number = f.lot)
    UNION ALL
    SELECT * FROM verify_log_conservation()
$$;

-- Checks entries, records and the tree, in one pass over the leaves.
CREATE FUNCTION verify_log_tree() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    one record;
    height integer;
    node bytea;
    nodes bytea[] := '{}';
    heights integer[] := '{}';
    counted bigint := 0;
    last_time bigint := 0;
    now_time bigint;
    folded bytea;
BEGIN
    FOR one IN SELECT e.index, e.data, e.leaf_hash, b.root FROM entry e LEFT JOIN batch b ON b.size = e.index + 1
        ORDER BY e.index
    LOOP
        IF one.index <> counted THEN
            RETURN QUERY SELECT counted, 'order', format('entry %s where %s is expected', one.index, counted);
            RETURN;
        END IF;
        IF one.leaf_hash <> sha256('\x00'::bytea || one.data) THEN
            RETURN QUERY SELECT counted, 'entry', 'its leaf hash is stored otherwise than it hashes';
        END IF;
        now_time := ('x' || encode(substr(one.data, 163, 8), 'hex'))::bit(64)::bigint;
        IF now_time < last_time THEN
            RETURN QUERY SELECT counted, 'time', format('time %s is before that of the entry before it', now_time);
        END IF;
        last_time := greatest(now_time, last_time);
        node := sha256('\x00'::bytea || one.data);
        height := 0;
        counted := counted + 1;
        WHILE cardinality(heights) > 0 AND heights[cardinality(heights)] = height LOOP
            node := sha256('\x01'::bytea || nodes[cardinality(nodes)] || node);
            nodes := trim_array(nodes, 1);
            heights := trim_array(heights, 1);
            height := height + 1;
            IF height % 8 = 0 THEN
                RETURN QUERY SELECT counted - 1, 'tiles', format('tile %s/%s is missing, or has another root than its '
                    'entries', height / 8 - 1, (counted >> height) - 1)
                WHERE NOT EXISTS (SELECT FROM tile t WHERE t.level = height / 8 - 1
                    AND t.index = (counted >> height) - 1 AND t.root = node);
            END IF;
        END LOOP;
        nodes := nodes || node;
        heights := heights || height;
        IF one.root IS NOT NULL THEN
            folded := nodes[cardinality(nodes)];
            FOR i IN REVERSE cardinality(nodes) - 1 .. 1 LOOP
                folded := sha256('\x01'::bytea || nodes[i] || folded);
            END LOOP;
            IF folded <> one.root THEN
                RETURN QUERY SELECT counted - 1, 'batches', format('the batch that ends at %s has another root than the '
                    'entries', counted);
            END IF;
        END IF;
    END LOOP;
    folded := CASE WHEN counted = 0 THEN sha256('') ELSE nodes[cardinality(nodes)] END;
    FOR i IN REVERSE cardinality(nodes) - 1 .. 1 LOOP
        folded := sha256('\x01'::bytea || nodes[i] || folded);
    END LOOP;
    RETURN QUERY SELECT NULL::bigint, 'head', 'the head is stored with another size, root, frontier or time than the '
        'entries give' FROM head h WHERE h.size <> counted OR h.root <> folded OR h.time <> last_time
        OR h.frontier <> int8send(counted) || coalesce((SELECT string_agg(n, ''::bytea ORDER BY p)
            FROM unnest(nodes) WITH ORDINALITY AS x (n, p)), ''::bytea);
    RETURN QUERY SELECT NULL::bigint, 'batches', format('no batch ends at the size %s', counted)
        WHERE counted > 0 AND NOT EXISTS (SELECT FROM batch b WHERE b.size = counted);
END
$$;

CREATE FUNCTION verify_log() RETURNS TABLE (index bigint, rule text, message text) LANGUAGE sql STABLE AS $$
    SELECT * FROM verify_log_tree()
    UNION ALL
    SELECT b.size - 1, 'batches', format('a batch ends at %s, beyond the entries', b.size) FROM batch b, head h
    WHERE b.size > h.size
    UNION ALL
    SELECT least((t.index + 1) * 256 ^ (t.level + 1), h.size)::bigint - 1, 'tiles',
           format('tile %s/%s holds other hashes than what is below it', t.level, t.index)
    FROM head h, tile t LEFT JOIN LATERAL (
        SELECT string_agg(e.leaf_hash, ''::bytea ORDER BY e.index) AS hashes FROM entry e
        WHERE t.level = 0 AND e.index >= t.index * 256 AND e.index < (t.index + 1) * 256
        UNION ALL
        SELECT string_agg(c.root, ''::bytea ORDER BY c.index) FROM tile c
        WHERE t.level > 0 AND c.level = t.level - 1 AND c.index >= t.index * 256 AND c.index < (t.index + 1) * 256
    ) below ON below.hashes IS NOT NULL WHERE t.hashes IS DISTINCT FROM below.hashes
    UNION ALL
    SELECT coalesce(e.index, r.index), 'record', CASE WHEN r.index IS NULL THEN 'its body is missing'
        WHEN e.index IS NULL THEN 'there is a record, but no entry' ELSE 'the body, the digest that is stored and the '
        'digest in the entry differ' END
    FROM entry e FULL JOIN record r ON r.index = e.index
    WHERE e.index IS NULL OR r.index IS NULL OR r.digest <> substr(e.data, 3, 32)
       OR (r.digest <> sha256(r.body) AND NOT (r.erased AND EXISTS (SELECT FROM erasure x WHERE x.subject = r.index)))
    UNION ALL
    SELECT r.index, 'record', 'the seed of its salts is stored otherwise than its nonce gives' FROM record r
    WHERE NOT r.erased AND r.digest = sha256(r.body) AND r.seed <> sha256(
        convert_to(E'carbon-ledger/salt/v1\n', 'UTF8') || decode(translate(convert_from(r.body, 'UTF8')::json ->> 'nonce', '-_', '+/')
            || '==', 'base64'))
    UNION ALL
    SELECT * FROM verify_log_results()
    UNION ALL
    SELECT * FROM verify_log_balances()
$$;
