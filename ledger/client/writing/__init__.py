"""Before a record is signed: what people write, as records spell it."""
