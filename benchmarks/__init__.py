"""Comparisons that print ratios and figures; never part of the tests, because machines are noisy."""
