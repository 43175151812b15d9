"""Access: callers, their rights, and the policy that every read passes. Pure."""
