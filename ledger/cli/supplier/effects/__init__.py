"""The effects of records, in words for suppliers."""
