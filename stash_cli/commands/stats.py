"""`stash stats`: what is in the whole library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

STATS = View(
    "StatsResultType",
    columns(
        "scenes=scene_count>",
        "scenes_size=scenes_size:size>",
        "scenes_duration=scenes_duration:duration>",
        "images=image_count>",
        "images_size=images_size:size>",
        "galleries=gallery_count>",
        "performers=performer_count>",
        "studios=studio_count>",
        "groups=group_count>",
        "tags=tag_count>",
        "o_count=total_o_count>",
        "play_count=total_play_count>",
        "play_duration=total_play_duration:duration>",
        "scenes_played>",
    ),
)


def build() -> StashCommand:
    examples = ("stash stats", "stash stats --json", "stash scenes stats --by studio")
    return command("stats", run_stats, CommandOptions, examples=examples)


def run_stats(runtime: Runtime, _: CommandOptions) -> None:
    """Print how much there is in the whole library.

    `stash scenes stats` and the like count what matches a query, and by the values of a field.
    """
    runtime.check_output(STATS)

    async def work(session: Session) -> dict[str, Any]:
        result: dict[str, Any] = await session.call("stats", {}, runtime.requested_fields(STATS), quiet=True)
        return result

    runtime.print_row(STATS, runtime.run(work))
