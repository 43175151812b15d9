"""Lists of an organisation's lots, transfers and records, in pages, and the page of one named thing."""
