"""What an entry commits to beside its record: assessment and figures as leaves."""
