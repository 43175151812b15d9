"""Carbon of a record: its balance, captured gas, and carbon dioxide that leaves as a good."""
