"""The outcome of a record. Server, auditor and verifier run the same code. Pure: no clock, no randomness, no IO."""
