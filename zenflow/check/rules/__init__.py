"""The rules: one file for each family, each rule with its code, its text and its examples; the registry of them all.

A rule looks at a traced graph (`Subject`), or at the source of one file (`Source`). May know of everything below
`check`, and of `diagnostics`, `source` and `bodies` here.
"""
