"""The command line, client and store for Stash servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stash_cli.core.capabilities import ServerCapabilities as ServerCapabilities
    from stash_cli.core.client import BatchOperation as BatchOperation
    from stash_cli.core.client import BatchResult as BatchResult
    from stash_cli.core.client import Outcome as Outcome
    from stash_cli.core.client import StashClient as StashClient
    from stash_cli.core.context import StashContext as StashContext
    from stash_cli.core.errors import *  # noqa: F403 - every error is public
    from stash_cli.core.store import Q as Q
    from stash_cli.core.store import StashEntityStore as StashEntityStore
    from stash_cli.core.types import UNSET as UNSET
    from stash_cli.core.types import Gallery as Gallery
    from stash_cli.core.types import Group as Group
    from stash_cli.core.types import Image as Image
    from stash_cli.core.types import Performer as Performer
    from stash_cli.core.types import Scene as Scene
    from stash_cli.core.types import SceneMarker as SceneMarker
    from stash_cli.core.types import StashObject as StashObject
    from stash_cli.core.types import Studio as Studio
    from stash_cli.core.types import Tag as Tag
    from stash_cli.core.types import UnsetType as UnsetType
    from stash_cli.core.types import is_present as is_present
    from stash_cli.core.types import is_set as is_set
    from stash_cli.core.types import is_unset as is_unset
    from stash_cli.core.types import present as present

__version__ = "0.1.0"

_PUBLIC = {
    "capabilities": "ServerCapabilities",
    "client": "BatchOperation BatchResult Outcome StashClient",
    "context": "StashContext",
    "store": "Q StashEntityStore",
    "types": "Gallery Group Image Performer Scene SceneMarker StashObject Studio Tag",
    "unset": "UNSET UnsetType is_present is_set is_unset present",
    "errors": "Delivery StashAmbiguousError StashAuthenticationError StashBatchError StashCapabilityError"
    " StashCleanupWarning StashConfigurationError StashConflictError StashConnectionError StashError"
    " StashGraphQLError StashInputError StashIntegrationError StashJobError StashJobRunningError"
    " StashRunLockedError StashJobLogError StashJobUnknownError StashJournalError"
    " StashLockedError StashLookupError StashNotConfirmedError StashNotFoundError"
    " StashNotSentError StashQueryError StashServerError StashSidecarError StashSourceError"
    " StashSystemNotReadyError StashTemplateError StashUnknownOutcomeError StashUnmappedFieldWarning"
    " StashUsageError StashVersionError",
}
_HOMES = {name: f"stash_cli.core.{module}" for module, names in _PUBLIC.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Resolve a public name when it is first used, so that `stash --version` imports nothing."""
    if name == "__all__":
        return list(_HOMES)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return ["__version__", *_HOMES]
