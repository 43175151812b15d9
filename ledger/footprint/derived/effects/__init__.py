"""What a record does to the ledger, in the words of answers and commands."""
