"""The uncertainty of a lot's figure, from the uncertainties that lines and factors state. Answered, never stored."""
