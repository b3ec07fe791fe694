"""A result is renamed where it is made, and not where it is used. `python renamed.py check`, then run it."""

from metaflow import FlowSpec, step


class Renamed(FlowSpec):
    @step
    def start(self) -> None:
        self.rows = [1, 2, 3]  # was: self.table
        self.next(self.end)

    @step
    def end(self) -> None:
        print(len(self.table))


if __name__ == "__main__":
    Renamed()
