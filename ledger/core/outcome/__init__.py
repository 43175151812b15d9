"""The outcome to which an entry commits: assessment and figures as leaves."""
