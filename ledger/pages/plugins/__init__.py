"""The pages of plugins: the rules, sectors and factor sets in force, the reference of records, and the factors with their
sources."""
