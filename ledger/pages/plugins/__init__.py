"""The pages of plugins: rules, sectors and factor sets in force, the reference of records, and factors with sources."""
