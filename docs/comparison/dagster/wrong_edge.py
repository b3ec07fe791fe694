"""An op that returns an int feeds one that takes a str. Run it, and `mypy --strict` it."""

import dagster as dg


@dg.op
def number() -> int:
    return 3


@dg.op
def shout(text: str) -> str:
    return text


@dg.job
def wrong_edge() -> None:
    shout(number())


if __name__ == "__main__":
    print("job built and validated:", dg.Definitions(jobs=[wrong_edge]).resolve_job_def("wrong_edge").name)
    result = wrong_edge.execute_in_process(raise_on_error=False)
    for event in result.all_events:
        if event.event_type_value in ("STEP_SUCCESS", "STEP_FAILURE"):
            print(event.step_key, event.event_type_value)
