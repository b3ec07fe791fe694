"""The variables that ZenFlow goes by, for people who ask what holds."""

from __future__ import annotations

from attrs import frozen


@frozen
class Variable:
    """A variable: what it is by default, and whether its value is a secret."""

    name: str
    default: str
    meaning: str
    secret: bool = False


VARIABLES = (
    Variable("ZENFLOW_STACK", "the files' default", "the stack that is used where none is named"),
    Variable("ZENFLOW_ARTIFACTS", "as the stack says", "the store of the stack in use"),
    Variable("ZENFLOW_METADATA", "as the stack says", "the database of the stack in use"),
    Variable("ZENFLOW_RAY", "as the stack says", "the cluster of the stack in use"),
    Variable("ZENFLOW_ALLOW_PICKLE", "as the stack says", "1 where types without a materializer are pickled"),
    Variable("ZENFLOW_HOME", ".zenflow", "where a project keeps what no stack places elsewhere"),
    Variable("ZENFLOW_CACHE", "~/.cache/zenflow", "what this machine keeps of stores elsewhere"),
    Variable("ZENFLOW_CACHE_GIB", "10", "how large that may grow"),
    Variable("ZENFLOW_STORE_TIMEOUT", "120", "seconds for which a store that does not answer is asked"),
    Variable("ZENFLOW_STORE_KEY", "the user's store.key", "the key that pickles are signed with", secret=True),
    Variable("ZENFLOW_SECRETS_DIR", "none", "the folder of secrets that have no variable"),
    Variable("ZENFLOW_WATCH_INPUTS", "0", "1 where every step's inputs are hashed before and after"),
    Variable("ZENFLOW_DEBUG", "0", "1 where errors come with a traceback"),
)
