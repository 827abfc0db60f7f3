"""Signatures of all operations of the API, from which `api.json` and all documents are derived."""

from stash_cli.core.types.operations.mutation import Mutation
from stash_cli.core.types.operations.query import Query
from stash_cli.core.types.operations.subscription import Subscription

__all__ = ["Mutation", "Query", "Subscription"]
