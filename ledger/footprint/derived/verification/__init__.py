"""The list that a verifier asks for, gathered from the records upstream of a lot."""
