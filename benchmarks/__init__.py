"""Measurements against the budgets of the design, each beside its yardstick in the same run. `make bench` runs them.

`measured` says what a measurement is; one file a family holds its cases: `inline`, `on_ray`, `arrays`, `cached`,
`processes`, `memory`, `check`. `alone` runs a case in a process of its own, `report` writes what came out.
"""
