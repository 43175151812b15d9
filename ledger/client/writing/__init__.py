"""Before a record is signed: the values that people write, as records spell them."""
