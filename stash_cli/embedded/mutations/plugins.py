"""Plugins: there are none, but their settings are kept, and their tasks fail like those of unknown ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.settings import read_part, write_part

if TYPE_CHECKING:
    from stash_cli.embedded.jobs import Progress
    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.mutations.resolver import Input, Resolver


def configure(context: RequestContext, *, plugin_id: str, input: Input) -> Input:  # noqa: A002 - the API's own name
    """Replace the settings of one plugin; ids of plugins that are not installed are accepted."""
    plugins = read_part(context.connection, "plugins")
    write_part(context.connection, "plugins", {**plugins, plugin_id: input})
    return input


def enable(context: RequestContext, *, enabledMap: dict[str, bool]) -> bool:  # noqa: N803 - the API's own name
    """Note which plugins are switched off."""
    disabled = read_part(context.connection, "plugins_enabled")
    write_part(context.connection, "plugins_enabled", {**disabled, **enabledMap})
    return True


def run_task(context: RequestContext, *, plugin_id: str, task_name: str | None = None, **_: Any) -> str:
    """Queue a task, which then fails: its plugin is not there."""

    def fail(_: Progress) -> None:
        raise Refused(f"Error creating plugin task: no plugin with ID {plugin_id}")

    return str(context.library.jobs.add(f"Running plugin task: {task_name or plugin_id}", fail))


RESOLVERS: dict[str, Resolver] = {
    "configurePlugin": configure,
    "setPluginsEnabled": enable,
    "runPluginTask": run_task,
}
