"""A step that assigns an int; the next one uses it as a str. Run it, `python wrong_edge.py check`, `mypy --strict`."""

from metaflow import FlowSpec, step


class WrongEdge(FlowSpec):
    @step
    def start(self) -> None:
        self.text = 3
        self.next(self.shout)

    @step
    def shout(self) -> None:
        self.loud = self.text.upper()
        self.next(self.end)

    @step
    def end(self) -> None:
        print(self.loud)


if __name__ == "__main__":
    WrongEdge()
