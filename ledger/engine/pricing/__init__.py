"""The upstream of supplies: the price of each supply, by its record or from the factor sets."""
