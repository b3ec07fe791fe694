from zenflow import Artifact, pipeline, step

@step
def load(: int) -> int:  # E: ZF001
    return 1
