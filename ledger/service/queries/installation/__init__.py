"""An installation in a calendar year, for exchanges that report by installation."""
