"""Parsing and validation of GraphQL documents within limits, with a cache; privileged mutations."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import graphql

from stash_cli.embedded.graphql.errors import PARSE_FAILED, VALIDATION_FAILED, request_error
from stash_cli.embedded.graphql.schema import library_schema
from stash_cli.embedded.library.limits import Cache, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping


MAX_DEPTH = 25
"""Levels of selection; with recursive relations each level costs more than the one above."""
_MAX_BRACKETS = 80
_MAX_PAIRS = 50_000
"""Pairs of fields that validation may compare, which takes some seconds."""
_CACHE_BYTES, _ANSWER_BYTES = 64 * 1024 * 1024, 16 * 1024 * 1024
# Measured: a parsed token takes about 600 bytes, by which the size of a cached document is estimated.
_TOKEN_BYTES = 600
# In bytes. The parser uses 120 times the memory of its text, so large documents are parsed one at a time.
_LARGE = 256 * 1024
_LEXEMES = re.compile(
    r'"""(?:\\"""|.)*?"""|"(?:\\.|[^"\\\n\r])*"|#[^\n\r]*|\w+|[!$&(\[{:=@|}\])]|\.\.\.', re.DOTALL
)
_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")


@dataclass(frozen=True)
class Document:
    """A parsed document, or the errors that prevent its execution."""

    ast: graphql.DocumentNode | None
    errors: list[dict[str, Any]] = field(default_factory=list)


class Documents:
    """Parser and validator of documents with limits; recent documents are cached by their text."""

    def __init__(self, limits: Limits, cache_bytes: int = _CACHE_BYTES) -> None:
        self._limits = limits
        self._cache: Cache[str, Document] = Cache(cache_bytes)
        self._large_lock = threading.Lock()
        self.answers: Cache[tuple[str, str], str] = Cache(_ANSWER_BYTES)
        """Results, as JSON, of documents that always have the same one, by text and name of the operation."""

    def prepare(self, text: str) -> Document:
        """The document for `text`; one that exceeds a limit is refused before parsing."""
        cached = self._cache.get(text)
        if cached is not None:
            return cached
        try:
            # Counting tokens with a regular expression costs a fraction of parsing, so a hostile document is
            # refused cheaply.
            tokens = self._count_tokens(text)
            with nullcontext() if len(text) < _LARGE else self._large_lock:
                document = _parse_and_validate(text, self._limits.root_fields)
        except _RefusedDocumentError as reason:
            return Document(None, [reason.error])
        self._cache.put(text, document, 4 * len(text) + tokens * _TOKEN_BYTES)
        return document

    def _count_tokens(self, text: str) -> int:
        """The number of tokens in a document. Raises _RefusedDocumentError for size, token count or depth."""
        limits = self._limits
        if len(text) > limits.document_bytes:
            raise _RefusedDocumentError(
                f"the document is larger than {limits.document_bytes} bytes: send long texts as variables",
                PARSE_FAILED,
            )
        tokens = depth = 0
        for lexeme in _LEXEMES.finditer(text):
            first = text[lexeme.start()]
            tokens += 1
            if first in _OPENING:
                depth += 1
                if depth > _MAX_BRACKETS:
                    raise _RefusedDocumentError(
                        f"the document nests deeper than {_MAX_BRACKETS} brackets", PARSE_FAILED
                    )
            elif first in _CLOSING:
                depth -= 1
            if tokens > limits.document_tokens:
                raise _RefusedDocumentError(
                    f"the document has more than {limits.document_tokens} tokens", PARSE_FAILED
                )
        return tokens


@lru_cache(maxsize=8)
def documents_of(limits: Limits) -> Documents:
    """The documents of all libraries with these limits: the schema is the same for all."""
    return Documents(limits)


class _RefusedDocumentError(Exception):
    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.error = {"message": message, "extensions": {"code": code}}


def _parse_and_validate(text: str, root_fields: int) -> Document:
    if not text.strip():
        raise _RefusedDocumentError("no operation provided", VALIDATION_FAILED)
    try:
        ast = graphql.parse(text, no_location=False)
    except graphql.GraphQLError as failure:
        return Document(None, [request_error(failure, PARSE_FAILED)])
    # The rule OverlappingFieldsCanBeMerged compares fields of one name pairwise: thousands of them take
    # minutes.
    _check_width(ast, root_fields)
    errors = [request_error(failure) for failure in graphql.validate(library_schema(), ast)]
    # Fragments are acyclic only in a valid document; with a cycle, computing the depth would not end.
    if not errors and (depth := _depth(ast)) > MAX_DEPTH:
        raise _RefusedDocumentError(
            f"the query nests {depth} levels deep, at most {MAX_DEPTH} are answered", VALIDATION_FAILED
        )
    return Document(None if errors else ast, errors)


def _check_width(document: graphql.DocumentNode, max_fields: int) -> None:
    """Refuse a document with too many fields of the same response name, which validation compares pairwise.

    Fields that are merged count together, and so do all fragments, which may be spread into one selection.
    """
    definitions = [getattr(node, "selection_set", None) for node in document.definitions]
    operations = [[selection] for selection in definitions if selection is not None]
    fragments = [
        node.selection_set
        for node in document.definitions
        if isinstance(node, graphql.FragmentDefinitionNode)
    ]
    groups, pairs = [*operations, fragments], 0
    while groups:
        fields = _fields_by_name(groups.pop())
        if len(fields) > max_fields:
            raise _RefusedDocumentError(f"a selection has more than {max_fields} fields", VALIDATION_FAILED)
        pairs += sum(len(nodes) ** 2 for nodes in fields.values() if len(nodes) > 1)
        if pairs > _MAX_PAIRS:
            raise _RefusedDocumentError(
                "too many fields share one name: give them aliases", VALIDATION_FAILED
            )
        groups += [sub_selections for nodes in fields.values() if (sub_selections := _sub_selections(nodes))]


def _fields_by_name(selections: list[graphql.SelectionSetNode]) -> dict[str, list[graphql.SelectionNode]]:
    """The merged fields of `selections` by response name; spread fragments share the name "..."."""
    by_name: dict[str, list[graphql.SelectionNode]] = defaultdict(list)
    pending = list(selections)
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, graphql.InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, graphql.FieldNode):
                by_name[(node.alias or node.name).value].append(node)
            else:
                by_name["..."].append(node)
    return by_name


def _sub_selections(nodes: list[graphql.SelectionNode]) -> list[graphql.SelectionSetNode]:
    return [
        node.selection_set for node in nodes if isinstance(node, graphql.FieldNode) and node.selection_set
    ]


def _depth(document: graphql.DocumentNode) -> int:
    """The depth of the deepest selection, fragments included."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, graphql.FragmentDefinitionNode)
    }
    depth_by_fragment: dict[str, int] = {}

    def of_selections(selections: graphql.SelectionSetNode | None) -> int:
        return max(map(of_node, selections.selections), default=0) if selections else 0

    def of_node(node: Any) -> int:
        if isinstance(node, graphql.FieldNode):
            return 1 + of_selections(node.selection_set)
        if isinstance(node, graphql.FragmentSpreadNode):
            name = node.name.value
            if name not in depth_by_fragment:
                depth_by_fragment[name] = of_selections(fragments[name].selection_set)
            return depth_by_fragment[name]
        return of_selections(node.selection_set)

    return max(
        (of_selections(getattr(node, "selection_set", None)) for node in document.definitions), default=0
    )


PRIVILEGED_REFUSAL = (
    "without a user name and password, this can only be changed on the machine that serves the library"
)
# Privileged mutations widen access to the library, or make the server run or contact something; without a
# password only programs on this machine may send them. Fields that are not listed as harmless count as
# privileged, so that new fields are restricted by default.
_RESTRICTED = frozenset({"execSQL", "generateAPIKey", "migrate", "setPluginsEnabled", "setup"})
_HARMLESS_FIELDS = {
    "configureGeneral": frozenset(
        (
            *("calculateMD5", "videoFileNamingAlgorithm", "parallelTasks", "galleryCoverRegex"),
            *("previewAudio", "previewSegments", "previewSegmentDuration", "previewPreset"),
            *("previewExcludeStart", "previewExcludeEnd", "maxTranscodeSize", "maxStreamingTranscodeSize"),
            *("drawFunscriptHeatmapRange", "writeImageThumbnails", "createImageClipsFromVideos"),
            *("createGalleriesFromFolders", "spriteScreenshotSize", "useCustomSpriteInterval"),
            *("spriteInterval", "minimumSprites", "maximumSprites"),
        )
    ),
    "configureInterface": frozenset(
        (
            *("menuItems", "soundOnPreview", "wallShowTitle", "wallPlayback", "showScrubber", "language"),
            *("maximumLoopDuration", "autostartVideo", "autostartVideoOnPlaySelected", "imageLightbox"),
            *("continuePlaylistDefault", "showStudioAsText", "disableDropdownCreate", "funscriptOffset"),
            *("sfwContentMode", "notificationsEnabled"),
        )
    ),
}
_HARMLESS = frozenset({"configureDefaults", "configureUI", "configureUISetting"})


def is_privileged(mutation: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a mutation with these arguments is privileged."""
    if mutation in _HARMLESS:
        return False
    if mutation in _HARMLESS_FIELDS:
        return not _HARMLESS_FIELDS[mutation].issuperset(arguments.get("input") or ())
    return mutation in _RESTRICTED or mutation.startswith("configure")


_MIRRORED = frozenset({"version", "stats", "markerStrings", "markerWall", "sceneWall"})
_NOT_MIRRORED = frozenset({"findJob", "findDefaultFilter"})


def is_mirrored(operation: str) -> bool:
    """Whether a mirror can answer an operation, because it only reads data that a mirror copies."""
    is_search = operation.startswith(("find", "all")) and operation not in _NOT_MIRRORED
    return is_search or operation in _MIRRORED
