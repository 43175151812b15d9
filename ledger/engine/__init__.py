"""What a record comes to: run by server, auditor and verifier alike. Pure: no clock, no randomness, no IO."""
