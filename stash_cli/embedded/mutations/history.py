"""Play history, O history and activity of scenes; the O counter of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import timestamps

if TYPE_CHECKING:
    from datetime import datetime

    from stash_cli.embedded.library.context import RequestContext, Resolver

Times = list["datetime"] | None


@dataclass(frozen=True)
class History:
    """The dates of one history, newest first."""

    table: Table
    column: str

    def dates(self, connection: Connection, scene: int) -> list[str]:
        column = self.table.c[self.column]
        query = select(column).where(self.table.c.scene_id == scene).order_by(column.desc())
        return list(connection.scalars(query))

    def add(self, context: RequestContext, *, id: str, times: Times = None) -> dict[str, Any]:  # noqa: A002 - the API's own name
        """Add `times`, or the current time."""
        scene = inputs.to_id(id)
        moments = [timestamps.utc(time) for time in times or ()] or [timestamps.utc()]
        rows = [{"scene_id": scene, self.column: time} for time in moments]
        context.connection.execute(insert(self.table), rows)
        return self._result(context.connection, scene)

    def remove(self, context: RequestContext, *, id: str, times: Times = None) -> dict[str, Any]:  # noqa: A002 - the API's own name
        """Remove one entry for each of `times`, or the newest one."""
        scene = inputs.to_id(id)
        for time in times or (None,):
            self._remove_one(context.connection, scene, None if time is None else timestamps.utc(time))
        return self._result(context.connection, scene)

    def _remove_one(self, connection: Connection, scene: int, time: str | None) -> None:
        columns = self.table.c
        query = select(columns.id).where(columns.scene_id == scene)
        if time is not None:
            query = query.where(columns[self.column] == time)
        entry = connection.scalar(query.order_by(columns[self.column].desc()).limit(1))
        connection.execute(delete(self.table).where(columns.id == entry))

    def reset(self, context: RequestContext, *, id: str) -> int:  # noqa: A002 - the API's own name
        context.connection.execute(delete(self.table).where(self.table.c.scene_id == inputs.to_id(id)))
        return 0

    def _result(self, connection: Connection, scene: int) -> dict[str, Any]:
        dates = self.dates(connection, scene)
        return {"count": len(dates), "history": dates}

    def add_one(self, context: RequestContext, *, id: str) -> int:  # noqa: A002 - the API's own name
        return int(self.add(context, id=id)["count"])

    def remove_one(self, context: RequestContext, *, id: str) -> int:  # noqa: A002 - the API's own name
        return int(self.remove(context, id=id)["count"])


PLAYS = History(t.scenes_view_dates, "view_date")
OS = History(t.scenes_o_dates, "o_date")


def _require_scene(connection: Connection, scene: int) -> None:
    if connection.scalar(select(func.count()).where(t.scenes.c.id == scene)) == 0:
        raise Refused(f"id {scene} does not exist in scenes")


def save_activity(
    context: RequestContext,
    *,
    id: str,  # noqa: A002 - the API's own name
    resume_time: float | None = None,
    playDuration: float | None = None,  # noqa: N803 - the API's own name
) -> bool:
    """Set the resume time, and add `playDuration` to the play duration."""
    values: dict[str, Any] = {}
    if resume_time is not None:
        values["resume_time"] = resume_time
    if playDuration is not None:
        values["play_duration"] = t.scenes.c.play_duration + playDuration
    return _update_scene(context.connection, inputs.to_id(id), values)


def reset_activity(
    context: RequestContext,
    *,
    id: str,  # noqa: A002 - the API's own name
    reset_resume: bool | None = None,
    reset_duration: bool | None = None,
) -> bool:
    flags = {"resume_time": reset_resume, "play_duration": reset_duration}
    return _update_scene(context.connection, inputs.to_id(id), {name: 0 for name, on in flags.items() if on})


def _update_scene(connection: Connection, scene: int, values: dict[str, Any]) -> bool:
    if values:
        _require_scene(connection, scene)
        connection.execute(update(t.scenes).where(t.scenes.c.id == scene).values(values))
    return True


def counting_image(change: int | None) -> Resolver:
    """Resolver that adds `change` to the O counter of an image, not below zero; None resets it."""

    def resolve(context: RequestContext, *, id: str) -> int:  # noqa: A002 - the API's own name
        image = inputs.to_id(id)
        before = context.connection.scalar(select(t.images.c.o_counter).where(t.images.c.id == image))
        if before is None:
            raise Refused(f"id {image} does not exist in images")
        after = 0 if change is None else max(0, before + change)
        context.connection.execute(update(t.images).where(t.images.c.id == image).values(o_counter=after))
        return after

    return resolve


RESOLVERS: dict[str, Resolver] = {
    "sceneAddO": OS.add,
    "sceneDeleteO": OS.remove,
    "sceneResetO": OS.reset,
    "sceneIncrementO": OS.add_one,
    "sceneDecrementO": OS.remove_one,
    "sceneAddPlay": PLAYS.add,
    "sceneDeletePlay": PLAYS.remove,
    "sceneResetPlayCount": PLAYS.reset,
    "sceneIncrementPlayCount": PLAYS.add_one,
    "sceneSaveActivity": save_activity,
    "sceneResetActivity": reset_activity,
    "imageIncrementO": counting_image(1),
    "imageDecrementO": counting_image(-1),
    "imageResetO": counting_image(None),
}
