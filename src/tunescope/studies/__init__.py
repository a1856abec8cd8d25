"""The questions of the paper, each from representations to tidy tables."""
