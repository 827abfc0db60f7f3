"""Server schemas: recorded ones, our own, and a small old one for machines without recordings."""

from __future__ import annotations

import json
from functools import cache

from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    introspection_from_schema,
    specified_directives,
)
from support import reference

from stash_cli.core.capabilities import ServerCapabilities, reduce_introspection
from stash_cli.core.graphql.releases import number, since

VERSIONS = ("0.31", "0.30.1", "0.22.1")
DECLARE_RELEASE = (
    f"What is newer than {VERSIONS[0]} has its release: a field in api(since=...), "
    "operations and types in core/graphql/releases.py."
)
"""Advice where a name is in no recorded schema."""


def is_recorded(name: str) -> bool:
    """Whether an operation, type or `Type.field` is old enough for the newest recorded schema."""
    release = since(name)
    return release is None or number(release) <= number(VERSIONS[0])


OLD = "0.19"
"""Version of the small old schema."""

OLD_SDL = """
type Query {
  findScenes(
    scene_filter: SceneFilterType, scene_ids: [Int!], filter: FindFilterType
  ): FindScenesResultType!
  findPerformers(performer_filter: PerformerFilterType, filter: FindFilterType): FindPerformersResultType!
  listScrapers(types: [ScrapeContentType!]!): [Scraper!]!
  configuration: ConfigResult!
  findMovies(movie_filter: MovieFilterType, filter: FindFilterType): FindMoviesResultType!
  findMovie(id: ID!): Movie
  findGallery(id: ID!): Gallery
  findSavedFilters(mode: FilterMode): [SavedFilter!]!
  version: Version!
}
type Mutation {
  movieUpdate(input: MovieUpdateInput!): Movie
  movieCreate(input: MovieCreateInput!): Movie
  galleryUpdate(input: GalleryUpdateInput!): Gallery
  saveFilter(input: SaveFilterInput!): SavedFilter!
  sceneIncrementO(id: ID!): Int!
  sceneDecrementO(id: ID!): Int!
  sceneIncrementPlayCount(id: ID!): Int!
  migrate(input: MigrateInput!): Boolean!
  runPluginTask(plugin_id: ID!, task_name: String!, args: [PluginArgInput!]): ID!
  metadataScan(input: ScanMetadataInput!): ID!
  submitStashBoxFingerprints(input: StashBoxFingerprintSubmissionInput!): Boolean!
  stashBoxBatchPerformerTag(input: StashBoxBatchTagInput!): String!
  studioUpdate(input: StudioUpdateInput!): Studio
  sceneMarkerDestroy(id: ID!): Boolean!
}
type Version { version: String hash: String! }
type FindScenesResultType { count: Int! scenes: [Scene!]! }
type FindMoviesResultType { count: Int! movies: [Movie!]! }
type Scene { id: ID! title: String movies: [SceneMovie!]! galleries: [Gallery!]! }
type SceneMovie { movie: Movie! scene_index: Int }
type Movie { id: ID! name: String! rating100: Int scene_count: Int }
type Gallery { id: ID! title: String url: String }
type SavedFilter { id: ID! mode: FilterMode! name: String! filter: String! }
type Performer { id: ID! name: String! alias_list: [String!]! }
type FindPerformersResultType { count: Int! performers: [Performer!]! }
type Studio { id: ID! name: String! }
type ConfigResult { general: ConfigGeneralResult! defaults: ConfigDefaultSettingsResult! }
type ConfigDefaultSettingsResult { scan: ScanMetadataOptions }
type ScanMetadataOptions { scanGeneratePreviews: Boolean! }
type ConfigGeneralResult { stashBoxes: [StashBox!]! }
type StashBox { endpoint: String! name: String! }
type Scraper { id: ID! name: String! }
enum FilterMode { SCENES MOVIES }
enum ScrapeContentType { SCENE MOVIE }
input FindFilterType { q: String page: Int per_page: Int sort: String direction: String }
input SceneFilterType {
  movies: MultiCriterionInput title: StringCriterionInput duplicated: PHashDuplicationCriterionInput
}
input PerformerFilterType {
  OR: PerformerFilterType name: StringCriterionInput aliases: StringCriterionInput
  gender: GenderCriterionInput stash_id_endpoint: StashIDCriterionInput
}
input GenderCriterionInput { value: String modifier: String! }
input StashIDCriterionInput { endpoint: String stash_id: String modifier: String! }
input PluginArgInput { key: String! value: PluginValueInput }
input PluginValueInput {
  str: String i: Int b: Boolean f: Float o: [PluginArgInput!] a: [PluginValueInput!]
}
input StashBoxFingerprintSubmissionInput { scene_ids: [String!]! stash_box_index: Int! }
input StashBoxBatchTagInput { endpoint: Int! refresh: Boolean! createParent: Boolean! names: [String!] }
input StudioUpdateInput { id: ID! name: String rating100: Int aliases: [String!] }
input ScanMetadataInput { paths: [String!] scanGeneratePreviews: Boolean }
input MovieFilterType { name: StringCriterionInput }
input MovieCreateInput { name: String! }
input MovieUpdateInput { id: ID! name: String date: String rating100: Int }
input GalleryUpdateInput { id: ID! title: String url: String }
input SaveFilterInput { id: ID mode: FilterMode! name: String! filter: String! }
input MigrateInput { backupPath: String! }
input PHashDuplicationCriterionInput { duplicated: Boolean distance: Int }
input MultiCriterionInput { value: [ID!] modifier: String! }
input StringCriterionInput { value: String! modifier: String! }
"""
"""Schema of a server before groups, URL lists, structured saved filters and histories."""


@cache
def schema_of(version: str) -> GraphQLSchema | None:
    """The schema of a release; our own and the small old one replace missing recordings."""
    path = reference("stash-api", f"introspection-{version}.json")
    if path is not None:
        data = json.loads(path.read_text(encoding="utf-8"))
        # The recorded directives have locations unknown to older releases of graphql-core.
        recorded = {**data.get("data", data)["__schema"], "directives": []}
        # Some recorded schemas deprecate required arguments, which strict validation rejects.
        schema = build_client_schema({"__schema": recorded}, assume_valid=True)
        return GraphQLSchema(**{**schema.to_kwargs(), "directives": specified_directives})
    if version == "0.31":
        from stash_cli.embedded.graphql.schema import library_schema

        return library_schema()
    return old_schema() if version == OLD else None


@cache
def old_schema() -> GraphQLSchema:
    return build_schema(OLD_SDL)


def capabilities_of(schema: GraphQLSchema, version: str) -> ServerCapabilities:
    """Capabilities of a server with this schema."""
    data = introspection_from_schema(schema, descriptions=False)
    facts = reduce_introspection({**data, "_server": {"version": version, "hash": "x"}})
    return ServerCapabilities(json.loads(json.dumps(facts)))


@cache
def release_capabilities(version: str) -> ServerCapabilities:
    schema = schema_of(version)
    assert schema is not None
    return capabilities_of(schema, f"v{version}")


def available_versions() -> list[str]:
    """Releases with an available schema, newest first; without recordings our own and the old one."""
    return [version for version in (*VERSIONS, OLD) if schema_of(version) is not None]
