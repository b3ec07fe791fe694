"""Runs on Kubernetes: a pipeline as a manifest of KubeRay's RayJob.

Only texts are made here. What a pipeline asks for becomes groups of pods (`sizing`), a stack becomes variables of
their processes (`variables`), and both become the manifest (`manifest`) under names that Kubernetes takes (`names`).
May know of `graph`; knows nothing of a cluster that is there.
"""
