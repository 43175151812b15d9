"""Routes made of tables alone, in the package of their sector.

    processes.csv   the routes, with their names and the lots that they burn
    activity.csv    the fields of their activities
    emissions.csv   gases that raw materials give off, such as the CO2 of limestone
    ranges.csv      ratios of amounts, with their usual and possible ranges, and indicators

The minimal inventory, natural inputs, words, raw materials and indicators have the tables that any sector has. All
tables are part of the sector's digest.
"""
