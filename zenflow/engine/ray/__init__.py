"""Running on Ray: the session, the generic remote function, the channel for live events, the executor.

The only place that imports Ray, and only when something must run on it.
"""
