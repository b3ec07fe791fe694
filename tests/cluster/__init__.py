"""A real cluster on this machine, for tests and for people: a Ray of a head and two workers that asks for a token, an
S3 server, and a PostgreSQL server.

`python -m tests.cluster up|status|down`, behind `make cluster` and `make cluster-down`, keeps one for the repository;
the fixture `cluster` starts one for a session of tests. Each part is a process of its own, so that each can be killed.
"""
