"""The rules by which a record is admitted to the log or refused with a reason. Pure: state and record in, plan out.

`plan` checks what immutable facts decide (on any replica, ahead of the lock); `admit` checks what only the log's order
decides (keys, balances, free ids); `State.apply` makes the change. Figures are none of its business.
"""
