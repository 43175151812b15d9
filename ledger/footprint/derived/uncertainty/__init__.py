"""How good a figure is: from the uncertainty that lines and factors state to that of a lot. Answered, never stored."""
