"""How a graph runs. Purity is the licence for all of it: a call may be answered from the cache, run here or there, or
run again, and nobody can tell. Side effects are confined to the worker's step, the store and the driver's commits.

`run`, `plan` and `explain` are what others call. `evaluation` says what can run now, `cache` what need not, `passes`
how it is best run; `driving` hands it out and records what happens, `working` executes it, here or on `ray`. Knows
every room but `cli`.
"""
