"""End of waste after PACT v3, ISO 14044 and ISO 14021: whether an output is scrap, whose scrap, and used before.

Waste and cores carry no burden, so whoever calls a good waste makes it free. Each module has one subject. A question
stays with the waste itself, as the range of an output that should have carried a burden (`Reference.code` names the
rule), and follows its matter into everything that is made of it. Recycled content that is in question is a content of
its own (`questioned:`).

The table `service-lives.csv` in `ledger/sdk/data` belongs to the rule: after a release, a changed row needs a new rule
of `ledger.admission.rules`.
"""
