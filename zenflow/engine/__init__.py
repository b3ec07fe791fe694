"""How a graph runs: evaluation, keys and plan, the one function that executes a step, executors, the driver.

Purity is the licence for all of it: a call may be answered from the cache, run here or there, or run again, and
nobody can tell. Side effects are confined to the worker's step, the store and the driver's commits. Knows every room
but `cli`.
"""
