"""The same flow with the same code and inputs, twice. Is anything reused?"""

from metaflow import FlowSpec, step


class Rerun(FlowSpec):
    @step
    def start(self) -> None:
        print("start ran")
        self.next(self.end)

    @step
    def end(self) -> None:
        pass


if __name__ == "__main__":
    Rerun()
