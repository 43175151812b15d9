"""What an audit keeps between runs, and what a replay holds in memory."""
