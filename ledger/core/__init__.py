"""Pure values and functions: quantities, records, bytes, signatures, the Merkle log. No clock, no randomness, no IO."""
