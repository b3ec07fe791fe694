"""What can be wrong with a composition: diagnostics, one file for each family of rules, how a report looks.

May know of `stacks`, `language`, `graph` and what lies below. Nothing here runs a step.
"""
