"""Commands of auditors: verify, audit, monitor, witness, export."""
