"""Shows heads to witnesses, and publishes those that a quorum has cosigned."""
