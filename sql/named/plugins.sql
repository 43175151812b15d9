-- name: stored
-- purpose: the digests whose archive is there
SELECT digest FROM plugin_archive;

-- name: store
-- purpose: stores the archive of a plugin version, unless another server has
-- parameters: digest, name, version, the tolerances of its sector, the archive
INSERT INTO plugin_archive (digest, plugin, version, mass_tolerance, element_tolerance, archive)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING;

-- name: earlier
-- purpose: the archived versions
-- parameters: the digests of versions to leave out
SELECT digest, plugin, version, mass_tolerance, element_tolerance FROM plugin_archive
WHERE digest <> ALL ($1::text[]) ORDER BY plugin, version, digest;

-- name: archive
-- parameters: digest
SELECT archive FROM plugin_archive WHERE digest = $1;
