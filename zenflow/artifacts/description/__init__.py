"""What is told of a value besides its bytes: its shape, statistics of its columns and numbers, never the data itself.

One file a family: `tables` (with `arrow_columns` and `polars_columns`), `arrays`, `numbers`, `text`, `values` for plain
ones. `secrecy` decides what of the data may be repeated, `limits` how much is looked at and how long an answer may be.
The names of the keys are a contract, which docs/how-to/descriptions.md tells. Materializers use this room; it knows
none of them.
"""
