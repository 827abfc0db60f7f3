"""Settings: each configure mutation stores what was given and answers the whole part."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.settings import read_part, write_part
from stash_cli.embedded.mutations.general_settings import accept_general
from stash_cli.embedded.queries.configuration import configuration_part, laid_over
from stash_cli.embedded.web.credentials import Credentials, make_api_key
from stash_cli.embedded.web.exposure import forget_exposure

if TYPE_CHECKING:
    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.mutations.resolver import Input, Resolver


def configuring(part: str) -> Resolver:
    """Resolver that lays the given fields over those of `part`; nested objects are laid over as well."""

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        stored = read_part(context.connection, part)
        write_part(context.connection, part, laid_over(stored, input))
        return configuration_part(context, part)

    return resolve


def configure_general(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    """General settings are checked before they are stored."""
    stored = read_part(context.connection, "general")
    given = accept_general(stored, input, context.library.database.path, context.library.limits)
    general = {**stored, **given}
    write_part(context.connection, "general", general)
    if Credentials.of(general).needed:
        forget_exposure(context.connection)
    return configuration_part(context, "general")


def configure_ui(
    context: RequestContext,
    *,
    input: Input | None = None,  # noqa: A002 - the API's own name
    partial: Input | None = None,
) -> Input:
    """`input` replaces the settings of the web interface, `partial` is laid over them."""
    values = read_part(context.connection, "ui") if input is None else input
    if partial is not None:
        values = laid_over(values, partial)
    write_part(context.connection, "ui", values)
    return values


def configure_ui_setting(context: RequestContext, *, key: str, value: Any = None) -> Input:
    """Set one value by its dotted path; a null is stored as such."""
    values = read_part(context.connection, "ui")
    place = values
    *parents, last = key.split(".")
    for name in parents:
        if not isinstance(place.get(name), dict):
            place[name] = {}
        place = place[name]
    place[last] = value
    write_part(context.connection, "ui", values)
    return values


def generate_api_key(context: RequestContext, *, input: Input) -> str:  # noqa: A002 - the API's own name
    """Make, store and return a key for the user; without a user name there is none."""
    general = read_part(context.connection, "general")
    username = general.get("username") or ""
    key = "" if input.get("clear") or not username else make_api_key(username, secrets.token_hex(32))
    write_part(context.connection, "general", {**general, "apiKey": key})
    return key


def refuse_set_up(_: RequestContext, **__: Any) -> bool:
    raise Refused("the library is set up already: its file was made when it was opened")


RESOLVERS: dict[str, Resolver] = {
    "configureGeneral": configure_general,
    "configureInterface": configuring("interface"),
    "configureDLNA": configuring("dlna"),
    "configureScraping": configuring("scraping"),
    "configureDefaults": configuring("defaults"),
    "configureUI": configure_ui,
    "configureUISetting": configure_ui_setting,
    "generateAPIKey": generate_api_key,
    "setup": refuse_set_up,
}
