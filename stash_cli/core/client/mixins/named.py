"""Entities with a name (performers, studios, tags, groups): finding, changing, merging, names to ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from stash_cli.core.client.base import Dict, Id, StashClientBase
from stash_cli.core.client.resolver import Policy, map_ids
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.types.enums import OnMultipleMatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types

_AMBIGUOUS: dict[OnMultipleMatch, Literal["first", "all", "none"]] = {
    OnMultipleMatch.RETURN_FIRST: "first",
    OnMultipleMatch.RETURN_LIST: "all",
    OnMultipleMatch.RETURN_NONE: "none",
}


class PerformerClientMixin(StashClientBase):
    """Operations on performers."""

    async def find_performer(self, performer: int | str | Dict) -> types.Performer | None:
        """Find a performer by id (a number or its digits), by name or alias, or by a mapping with either."""
        # The server returns ids as text, so digits are an id here and not a name.
        if isinstance(performer, str) and performer.isdigit():
            performer = int(performer)
        ids = await map_ids(self.session, ENTITIES["Performer"], [performer])
        return await self.call_operation("findPerformer", id=ids[0]) if ids else None

    async def find_performers(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        performer_filter: types.PerformerFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindPerformersResultType:
        """Performers that match; all of them unless `filter_` pages."""
        return await self.find_page("Performer", filter_, performer_filter, q, ids)

    async def all_performers(self) -> list[types.Performer]:
        return await self.call_operation("allPerformers")

    async def create_performer(self, performer: types.Performer) -> types.Performer:
        return await self.write("performerCreate", performer)

    async def update_performer(self, performer: types.Performer) -> types.Performer:
        return await self.write("performerUpdate", performer)

    async def update_performer_image(self, performer: types.Performer, image_url: str) -> types.Performer:
        """Set the image from a URL that the server fetches, or from a data: URL."""
        return await self.call_operation("performerUpdate", input={"id": performer.id, "image": image_url})

    async def bulk_performer_update(
        self, input_data: types.BulkPerformerUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Performer] | list[Dict]:
        return await self.bulk("bulkPerformerUpdate", input_data, return_fields)

    async def performer_destroy(self, input_data: types.PerformerDestroyInput | Dict) -> bool:
        return await self.call_operation("performerDestroy", input=input_data)

    async def performers_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.call_operation("performersDestroy", ids=ids)

    async def performer_merge(self, input_data: types.PerformerMergeInput | Dict) -> types.Performer:
        return await self.call_operation("performerMerge", input=input_data)

    async def map_performer_ids(
        self,
        performers: Sequence[Id | Dict | types.Performer],
        create: bool = False,
        on_multiple: OnMultipleMatch = OnMultipleMatch.RETURN_FIRST,
    ) -> list[str]:
        """Ids of objects, ids, mappings or names; unknown names are created with `create`, else left out."""
        policy = Policy(_AMBIGUOUS[on_multiple], "create" if create else "omit")
        return await map_ids(self.session, ENTITIES["Performer"], performers, policy)


_LEVELS = 8
"""Number of ancestors selected in one request."""


class StudioClientMixin(StashClientBase):
    """Operations on studios."""

    async def find_studio(self, id: Id) -> types.Studio | None:
        return await self.call_operation("findStudio", id=id)

    async def find_studios(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        studio_filter: types.StudioFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindStudiosResultType:
        """Studios that match; all of them unless `filter_` pages."""
        return await self.find_page("Studio", filter_, studio_filter, q, ids)

    async def create_studio(self, studio: types.Studio) -> types.Studio:
        return await self.write("studioCreate", studio)

    async def update_studio(self, studio: types.Studio) -> types.Studio:
        return await self.write("studioUpdate", studio)

    async def bulk_studio_update(
        self, input_data: types.BulkStudioUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Studio] | list[Dict]:
        return await self.bulk("bulkStudioUpdate", input_data, return_fields)

    async def studio_destroy(self, input_data: types.StudioDestroyInput | Dict) -> bool:
        return await self.call_operation("studioDestroy", input=input_data)

    async def studios_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.call_operation("studiosDestroy", ids=ids)

    async def find_studio_hierarchy(self, studio_id: Id) -> list[types.Studio]:
        """The studio's ancestors, topmost first, and the studio itself; [] for an unknown id."""
        chain = await self._ancestor_ids(str(studio_id))
        if not chain:
            return []
        page = await self.find_studios(ids=chain)
        by_id = {studio.id: studio for studio in page.studios}
        return [by_id[one] for one in reversed(chain) if one in by_id]

    async def find_studio_root(self, studio_id: Id) -> types.Studio | None:
        """The topmost ancestor, or the studio itself where it has no parent."""
        chain = await self._ancestor_ids(str(studio_id))
        return await self.find_studio(chain[-1]) if chain else None

    async def _ancestor_ids(self, studio_id: str) -> list[str]:
        """Ids from a studio up to its topmost ancestor, several levels per request."""
        paths = [".".join(["parent_studio"] * depth + ["id"]) for depth in range(_LEVELS + 1)]
        chain: list[str] = []
        next_id: str | None = studio_id
        while next_id is not None:
            level: Dict | None = await self.call_operation_json("findStudio", paths, id=next_id)
            if chain and level is not None:
                level = level["parent_studio"]
            next_id = None
            # The membership test ends the loop in a cycle of parents.
            while level is not None and level["id"] not in chain:
                chain.append(level["id"])
                next_id = None if "parent_studio" in level else level["id"]
                level = level.get("parent_studio")
        return chain

    async def map_studio_ids(
        self, studios: Sequence[Id | Dict | types.Studio], create: bool = False
    ) -> list[str]:
        """Ids of objects, ids, mappings or names; unknown names are created with `create`, else left out."""
        policy = Policy("first", "create" if create else "omit")
        return await map_ids(self.session, ENTITIES["Studio"], studios, policy)


class TagClientMixin(StashClientBase):
    """Operations on tags."""

    async def find_tag(self, id: Id) -> types.Tag | None:
        return await self.call_operation("findTag", id=id)

    async def find_tags(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        tag_filter: types.TagFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindTagsResultType:
        """Tags that match; all of them unless `filter_` pages."""
        return await self.find_page("Tag", filter_, tag_filter, q, ids)

    async def create_tag(self, tag: types.Tag) -> types.Tag:
        return await self.write("tagCreate", tag)

    async def update_tag(self, tag: types.Tag) -> types.Tag:
        return await self.write("tagUpdate", tag)

    async def bulk_tag_update(
        self,
        ids: Sequence[Id],
        description: str | None = None,
        aliases: Sequence[str] | None = None,
        favorite: bool | None = None,
        parent_ids: Sequence[Id] | None = None,
        child_ids: Sequence[Id] | None = None,
    ) -> list[types.Tag]:
        """Change many tags; lists replace the current values."""
        values = {
            "description": description,
            "favorite": favorite,
            "aliases": _set_list("values", aliases),
            "parent_ids": _set_list("ids", parent_ids),
            "child_ids": _set_list("ids", child_ids),
        }
        return await self.call_operation(
            "bulkTagUpdate", input={"ids": ids, **{k: v for k, v in values.items() if v is not None}}
        )

    async def tags_merge(self, source: Sequence[Id], destination: Id) -> types.Tag:
        return await self.call_operation("tagsMerge", input={"source": source, "destination": destination})

    async def tag_destroy(self, input_data: types.TagDestroyInput | Dict) -> bool:
        return await self.call_operation("tagDestroy", input=input_data)

    async def tags_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.call_operation("tagsDestroy", ids=ids)

    async def map_tag_ids(self, tags: Sequence[Id | Dict | types.Tag], create: bool = False) -> list[str]:
        """Ids of objects, ids, mappings or names; unknown names are created with `create`, else left out."""
        policy = Policy("first", "create" if create else "omit")
        return await map_ids(self.session, ENTITIES["Tag"], tags, policy)


def _set_list(key: str, items: Sequence[Id] | None) -> Dict | None:
    """The bulk input that replaces a list; None for None."""
    return None if items is None else {key: items, "mode": "SET"}


class GroupClientMixin(StashClientBase):
    """Operations on groups."""

    async def find_group(self, group_id: Id) -> types.Group | None:
        return await self.call_operation("findGroup", id=group_id)

    async def find_groups(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        group_filter: types.GroupFilterType | Dict | None = None,
        ids: Sequence[Id] | None = None,
        q: str | None = None,
    ) -> types.FindGroupsResultType:
        """Groups that match; all of them unless `filter_` pages."""
        return await self.find_page("Group", filter_, group_filter, q, ids)

    async def create_group(self, group: types.Group) -> types.Group:
        return await self.write("groupCreate", group)

    async def update_group(self, group: types.Group) -> types.Group:
        return await self.write("groupUpdate", group)

    async def bulk_group_update(
        self, input_data: types.BulkGroupUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Group] | list[Dict]:
        return await self.bulk("bulkGroupUpdate", input_data, return_fields)

    async def group_destroy(self, input_data: types.GroupDestroyInput | Dict) -> bool:
        return await self.call_operation("groupDestroy", input=input_data)

    async def groups_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.call_operation("groupsDestroy", ids=ids)

    async def add_group_sub_groups(self, input_data: types.GroupSubGroupAddInput | Dict) -> bool:
        return await self.call_operation("addGroupSubGroups", input=input_data)

    async def remove_group_sub_groups(self, input_data: types.GroupSubGroupRemoveInput | Dict) -> bool:
        return await self.call_operation("removeGroupSubGroups", input=input_data)

    async def reorder_sub_groups(self, input_data: types.ReorderSubGroupsInput | Dict) -> bool:
        return await self.call_operation("reorderSubGroups", input=input_data)
