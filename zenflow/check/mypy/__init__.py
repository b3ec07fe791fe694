"""What a type checker adds: mypy run in this process, its findings as ours, the edges that only it can settle."""
