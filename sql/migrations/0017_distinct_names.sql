-- What a new organisation's names could be taken for, and nonces that were used, are looked up.

CREATE INDEX organization_bytes ON organization (id COLLATE "C");
CREATE INDEX record_seed ON record USING hash (seed);
