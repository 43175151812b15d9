-- name: stored
-- purpose: the digests whose archive is there
SELECT digest FROM plugin_archive;

-- name: store
-- purpose: stores the archive of a plugin version, unless another server has
-- parameters: digest, name, version, the terms of its sector as JSON or null for a factor set, the archive
INSERT INTO plugin_archive (digest, plugin, version, terms, archive)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING;

-- name: earlier
-- purpose: the archived versions
-- parameters: the digests of versions to leave out
SELECT digest, plugin, version, terms FROM plugin_archive
WHERE digest <> ALL ($1::text[]) ORDER BY plugin, version, digest;

-- name: archive
-- parameters: digest
SELECT archive FROM plugin_archive WHERE digest = $1;

-- name: given_archive
-- purpose: the archive of a sector, or of a factor set whose tables everybody may have
-- parameters: digest, names of these sets
SELECT archive FROM plugin_archive WHERE digest = $1 AND (terms IS NOT NULL OR plugin = ANY ($2::text[]));

-- name: activated
-- purpose: every version that the log has activated, and whether its archive is there for everybody
-- parameters: names of what is activated but is no plugin, names of the factor sets whose tables everybody may have
SELECT a.plugin, a.version, a.digest, min(a.record) AS record, bool_or(a.precedence IS NOT NULL) AS ranked,
       EXISTS (SELECT FROM plugin_archive p
               WHERE p.digest = a.digest AND (p.terms IS NOT NULL OR p.plugin = ANY ($2::text[]))) AS archived
FROM activation a WHERE NOT a.retired AND a.plugin <> ALL ($1::text[])
GROUP BY a.plugin, a.version, a.digest ORDER BY record;
