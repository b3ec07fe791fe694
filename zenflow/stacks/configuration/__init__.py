"""What files and variables say of stacks: found, read, laid over one another, and written.

Reading is for every command, so a project without a file pays for no parser of TOML. Knows of no store, database or
cluster: it makes a `Stack`, which does.
"""
