-- Of a log with witnesses an erasure is carried out once a published head covers it: whoever erases reads which there are.

GRANT SELECT ON publication TO carbon_ledger_eraser;
