"""Measurements against the budgets of the design, each beside its yardstick in the same run. `make bench` runs them."""
