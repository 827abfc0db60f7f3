"""Every operation of the API, as signatures: what `api.json` and so every document is derived from."""

from stash_cli.core.types.operations.mutation import Mutation
from stash_cli.core.types.operations.query import Query
from stash_cli.core.types.operations.subscription import Subscription

__all__ = ["Mutation", "Query", "Subscription"]
