"""Three tiny steps, for the time of a whole process."""

from metaflow import FlowSpec, step


class Tiny(FlowSpec):
    @step
    def start(self) -> None:
        self.x = 1
        self.next(self.double)

    @step
    def double(self) -> None:
        self.y = 2 * self.x
        self.next(self.end)

    @step
    def end(self) -> None:
        self.z = self.x + self.y


if __name__ == "__main__":
    Tiny()
