"""The capabilities of the embedded library: the API that this package describes, read as needed."""

from __future__ import annotations

from stash_cli.core.graphql.capability import ServerCapabilities
from stash_cli.core.types.api import describe_api


class OurCapabilities(ServerCapabilities):
    """Nothing to introspect: the embedded schema is made from the same description."""

    def __init__(self) -> None:
        self._api = describe_api()
        super().__init__({"version": self._api.version})

    def has_operation(self, kind: str, name: str) -> bool:
        try:
            return self._api.operation(name)[0] == kind
        except KeyError:
            return False

    @property
    def is_older(self) -> bool:
        return False

    def has_type(self, name: str) -> bool:
        return name in self._api.types

    def arguments(self, kind: str, operation: str) -> dict[str, str]:
        if not self.has_operation(kind, operation):
            return {}
        return {name: ref.text for name, ref in self._api.operation(operation)[1].args.items()}

    def fields(self, type_name: str) -> dict[str, str]:
        declared = self._api.types.get(type_name)
        return {field.name: field.type.text for field in declared.fields.values()} if declared else {}

    def enum_values(self, type_name: str) -> tuple[str, ...]:
        declared = self._api.types.get(type_name)
        return tuple(declared.values) if declared else ()
