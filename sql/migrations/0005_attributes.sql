-- Green attributes: lots that stand for power of a renewable source.

ALTER TABLE lot DROP CONSTRAINT lot_role_check;
ALTER TABLE lot ADD CONSTRAINT lot_role_check
    CHECK (role IN ('product', 'coProduct', 'byProduct', 'waste', 'core', 'credit', 'attribute'));
