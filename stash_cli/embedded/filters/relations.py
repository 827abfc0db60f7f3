"""Criteria on related objects by id: flat ones, and those over a hierarchy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Alias, Select, Subquery, Table, and_, distinct, false, func, not_, or_, select

from stash_cli.embedded.filters.criteria import Condition, Entity, Handler, OwnColumn, exists_row
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MULTI = "multi criterion input"
_MODIFIERS = ("INCLUDES", "INCLUDES_ALL", "EXCLUDES", "EQUALS", "IS_NULL", "NOT_NULL")
_HIERARCHICAL = "hierarchical multi criterion input"


@dataclass(frozen=True)
class Relation:
    """A MultiCriterionInput or HierarchicalMultiCriterionInput on one relation.

    `links()` returns (owner, related id). `hierarchy` is the type whose levels `depth` counts, `upwards`
    towards the parents. With `single` an object has at most one related object: EQUALS is INCLUDES_ALL,
    NOT_EQUALS is EXCLUDES, and two of them never match. Without `exact` EQUALS is refused; without
    `keep_empty` EXCLUDES drops objects that have no related object.

    `null_links` replace `links` for IS_NULL and NOT_NULL: (owner, id or NULL), where each must have a NULL
    row or none. An OwnColumn is compared directly, so that its index is used.
    """

    links: Callable[[], Select[Any]]
    hierarchy: str | None = None
    upwards: bool = False
    single: bool = False
    exact: bool = True
    null_links: tuple[Callable[[], Select[Any]], ...] = ()
    keep_empty: bool = True
    what: str = ""

    def __call__(self, entity: Entity, criterion: Mapping[str, Any]) -> Condition | None:
        modifier = str(criterion["modifier"])
        if isinstance(self.links, OwnColumn) and modifier in ("IS_NULL", "NOT_NULL"):
            column = entity.c[self.links.name]
            return column.is_(None) if modifier == "IS_NULL" else column.is_not(None)
        if modifier == "IS_NULL":
            return and_(*(self._is_null(entity, links()) for links in self.null_links or (self.links,)))
        if modifier == "NOT_NULL":
            return or_(*(self._is_not_null(entity, links()) for links in self.null_links or (self.links,)))
        # Without ids, only relations that refuse EQUALS check the modifier.
        has_ids = criterion.get("value") or (modifier == "EXCLUDES" and criterion.get("excludes"))
        effective = self._modifier(criterion) if has_ids or not self.exact else modifier
        return self._compare(entity, effective, criterion)

    def _is_null(self, entity: Entity, rows: Select[Any]) -> Condition:
        has_no_row = ~exists_row(entity, rows.subquery())
        if not _may_be_null(rows):
            return has_no_row
        null_rows = rows.subquery()
        return or_(has_no_row, exists_row(entity, null_rows, null_rows.c[1].is_(None)))

    def _is_not_null(self, entity: Entity, rows: Select[Any]) -> Condition:
        link_rows = rows.subquery()
        return exists_row(entity, link_rows, *([link_rows.c[1].is_not(None)] if _may_be_null(rows) else []))

    def _modifier(self, criterion: Mapping[str, Any]) -> str:
        """The effective modifier of a criterion. Raises Refused for unsupported ones."""
        modifier = str(criterion["modifier"])
        if self.single:
            modifier = {"EQUALS": "INCLUDES_ALL", "NOT_EQUALS": "EXCLUDES"}.get(modifier, modifier)
        input_name = self.what or (_HIERARCHICAL if self.hierarchy else _MULTI)
        if modifier == "NOT_EQUALS":
            raise Refused(f"not equals modifier is not supported for {input_name}")
        if modifier not in _MODIFIERS or (modifier == "EQUALS" and not self.exact):
            raise Refused(f"invalid modifier {modifier} for {input_name}")
        if modifier == "EQUALS" and criterion.get("depth"):
            raise Refused(f"depth is not supported for equals modifier in {input_name}")
        return modifier

    def _compare(self, entity: Entity, modifier: str, criterion: Mapping[str, Any]) -> Condition | None:
        value, excludes = list(criterion.get("value") or ()), list(criterion.get("excludes") or ())
        depth = criterion.get("depth")
        if modifier == "EXCLUDES":
            value, excludes = [], [*value, *excludes]
        conditions = [self._includes(entity, modifier, value, depth)] if value else []
        if excludes:
            conditions.append(self._excludes(entity, excludes, depth))
        return and_(*conditions) if conditions else None

    def _excludes(self, entity: Entity, value: Sequence[str], depth: int | None) -> Condition:
        if isinstance(self.links, OwnColumn):
            inside = self.links.is_among(entity, select(self._with_descendants(value, depth).c.id))
            filled = entity.c[self.links.name].is_not(None)
            return not_(inside) if self.keep_empty else and_(filled, not_(inside))
        outside = entity.c.id.not_in(self._owners(value, depth))
        return outside if self.keep_empty else and_(outside, self._is_not_null(entity, self.links()))

    def _includes(self, entity: Entity, modifier: str, value: Sequence[str], depth: int | None) -> Condition:
        if self.single and len(value) > 1 and modifier == "INCLUDES_ALL":
            return false()
        if isinstance(self.links, OwnColumn):
            return self.links.is_among(entity, select(self._with_descendants(value, depth).c.id))
        if modifier == "INCLUDES":
            return entity.c.id.in_(self._owners(value, depth))
        links, tree = self._joined(value, depth)
        owner = links.c[0]
        with_all = (
            select(owner)
            .join(tree, tree.c.id == links.c[1])
            .group_by(owner)
            .having(func.count(distinct(tree.c.root)) == len(value))
        )
        has_all = entity.c.id.in_(with_all)
        if modifier == "INCLUDES_ALL":
            return has_all
        number = select(func.count(distinct(links.c[1]))).where(owner == entity.c.id).correlate(entity)
        return and_(has_all, number.scalar_subquery() == len(value))

    def _owners(self, value: Sequence[str], depth: int | None) -> Select[Any]:
        links, tree = self._joined(value, depth)
        return select(links.c[0]).where(links.c[1].in_(select(tree.c.id)))

    def _joined(self, value: Sequence[str], depth: int | None) -> tuple[Subquery, Subquery]:
        return self.links().subquery(), self._with_descendants(value, depth)

    def _with_descendants(self, value: Sequence[str], depth: int | None) -> Subquery:
        """(root, id): the ids of `value`, each with its descendants down to `depth`."""
        roots = sql.id_list(self._ids(value))
        kind = self.hierarchy or "Tag"
        return sql.descendants(kind, roots, depth if self.hierarchy else 0, upwards=self.upwards)

    def _ids(self, value: Sequence[str]) -> list[int]:
        """The ids of `value` as integers; other texts are ignored, or refused in a hierarchical criterion."""
        # As on the server: other texts match nothing in a flat criterion, and are an error in a hierarchical
        # one.
        numbers = [int(text) for text in map(str, value) if text.lstrip("-").isdecimal()]
        if self.hierarchy and len(numbers) != len(value):
            invalid = next(text for text in map(str, value) if not text.lstrip("-").isdecimal())
            raise Refused(f'strconv.Atoi: parsing "{invalid}": invalid syntax')
        return numbers


def _may_be_null(rows: Select[Any]) -> bool:
    """Whether the related id in `rows` (owner, id) may be NULL; joins and unions may make any column NULL."""
    source, *more = rows.get_final_froms()
    is_table = not more and isinstance(source, Alias) and isinstance(source.element, Table)
    return not (is_table and not getattr(rows.selected_columns[1], "nullable", True))


def related(type_name: str, links: Callable[[], Select[Any]]) -> Handler:
    """A nested filter: any object in `links` (owner, id) matches a filter of its own type."""

    def handle(entity: Entity, nested: Mapping[str, Any]) -> Condition | None:
        # Filters contain filters, so the registry is imported when the first nested one is used.
        from stash_cli.embedded.filters import matching

        matching_ids = matching(type_name, nested)
        if matching_ids is None:
            return None
        if isinstance(links, OwnColumn):
            return links.is_among(entity, matching_ids)
        link_rows = links().subquery()
        return entity.c.id.in_(select(link_rows.c[0]).where(link_rows.c[1].in_(matching_ids)))

    return handle
