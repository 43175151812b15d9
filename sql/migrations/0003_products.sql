-- What was made of a product: its lots out of processes, in log order.

CREATE INDEX lot_product ON lot (product, number)
    WHERE facility IS NOT NULL AND sender IS NULL AND pool IS NULL AND role IN ('product', 'coProduct', 'byProduct');
