"""The access log: notes who read which data of whom, closes each day under a signed root, lets old rows expire."""
