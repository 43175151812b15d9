"""Bounds of nature on every record, whoever wrote its sector.

Each module has one subject. Its function gets a `Process` and returns findings, or raises Refused for a record that is
impossible beyond doubt. A finding's `amount` is the kg CO2e by which the record's figures may be too low, priced by the
factor sets in force; it becomes a part of the questioned amount of the record's lots. `ledger.engine.findings` has the
meaning of each code, and the evidence that answers it.

The bounds are generous where a record is silent: a material that neither a factor set nor a table knows may hold all
carbon, heat and metal that it weighs, since such a supply already counts with the 90th percentile of its class.

The tables `nature.csv`, `substances.csv`, `holders.csv`, `alloys.csv`, `fuel-kinds.csv` and `residues.csv` in
`ledger/sdk/data` belong to the rule: after a release, a changed row needs a new rule of `ledger.admission.rules`.
"""
