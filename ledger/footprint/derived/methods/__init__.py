"""Other accepted methods than the stored one, for one lot, on request: named, versioned, and saying where credit lies.

Pure: `catalogue` lists the methods and what each needs, `subject` is what is known of the lot, `parameters` settles
values and their sources, `formulas` has the arithmetic, `calculation` puts them together.
"""
