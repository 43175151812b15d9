"""The rules that admit a record to the log or refuse it with a reason. Pure: state and record in, plan out.

`plan` applies the rules that immutable facts decide (on any replica, ahead of the lock). `admit` applies the rules that
only the log's order decides (keys, balances, free ids). `apply` changes the state. This package computes no figures.
"""
