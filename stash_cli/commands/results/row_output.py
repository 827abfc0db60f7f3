"""Output options applied to rows: requested fields, validation, and the writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from stash_cli.commands.argv.flags import TEMPLATE
from stash_cli.core.errors import StashUsageError, did_you_mean

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.output.formats import Writer
    from stash_cli.output.values import View


def open_writer(runtime: Runtime, view: View, *, single: bool) -> Writer:
    """Return the writer of `--output`, `--template` or `--jq` for rows of `view`."""
    from stash_cli.output import formats

    options, streams = runtime.options, runtime.streams
    if options.template is not None:
        return formats.TemplateWriter(streams, runtime.template(view).render, nul=options.nul)
    if options.jq is not None:
        return _jq_writer(runtime, single=single)
    if options.output == "html":
        return _html_writer(runtime, view, single=single)
    maps = options.output == "paths" and runtime.has_settings
    local = runtime.profile.path_maps.to_local if maps else str
    return formats.open_writer(
        streams, options.output, runtime.chosen(view), single=single, nul=options.nul, local=local
    )


def _jq_writer(runtime: Runtime, *, single: bool) -> Writer:
    from stash_cli.commands.results.jq_program import JqWriter, compile_program

    results = compile_program(runtime.options.jq or "")
    return JqWriter(runtime.streams, results, rowwise=single or runtime.options.output == "jsonl")


def _html_writer(runtime: Runtime, view: View, *, single: bool) -> Writer:
    from stash_cli.commands.results.html_pages import link_of, title_of
    from stash_cli.output.html import HtmlCard, HtmlWriter

    link = link_of(view.type, runtime.connection())
    columns, pictures = runtime.chosen(view).columns, runtime.options.pictures
    writer = HtmlCard if single else HtmlWriter
    return writer(runtime.streams, columns, title_of(view.type), link, pictures=pictures)


def check_output(runtime: Runtime, view: View) -> None:
    """Raise StashUsageError for fields and formats that the objects of a view lack."""
    output, options = runtime.options.output, runtime.options
    # Checked before any request: a change that was made but cannot be printed would look like a failure.
    if options.nul and output not in ("ids", "paths", TEMPLATE):
        raise StashUsageError("-0 needs --ids, --paths or --template")
    if output == "paths" and not view.files:
        raise StashUsageError("--paths: these objects have no files")
    _check_programs(runtime, view)
    _check_pictures(runtime, view)
    _check_fields(runtime, view)


def _check_programs(runtime: Runtime, view: View) -> None:
    """Compile the template or the jq program, and refuse options that exclude it."""
    options, given = runtime.options, runtime.given_output
    if options.template is not None:
        other = "--fields" if options.fields else "--jq" if options.jq is not None else f"--{given}"
        if given or options.fields or options.jq is not None:
            raise StashUsageError(f"--template prints text and names its fields: leave out {other}")
        runtime.template(view)
    elif options.jq is not None:
        from stash_cli.commands.results.jq_program import compile_program

        if options.output not in ("json", "jsonl"):
            raise StashUsageError(f"--jq reads JSON: leave out --{options.output}")
        compile_program(options.jq)


def _check_pictures(runtime: Runtime, view: View) -> None:
    if not runtime.options.pictures:
        return
    from stash_cli.commands.results.html_pages import PICTURES

    if runtime.options.output != "html":
        raise StashUsageError("--pictures needs --html")
    if view.type not in PICTURES:
        raise StashUsageError("--pictures: these objects have no pictures")


def _check_fields(runtime: Runtime, view: View) -> None:
    from stash_cli.core.types.api import describe_api

    options = runtime.options
    declared = describe_api().types.get(view.type)
    if options.output == "ids" and "id" not in (declared.fields if declared else view.fields):
        raise StashUsageError("--ids: these objects have no ids")
    if options.fields == ["list"]:
        _list_fields(runtime, view)
    if options.fields and declared is None:
        _check_columns(view, runtime.chosen(view).fields)
    elif options.fields:
        from stash_cli.core.graphql.selection import merge

        merge(view.type, runtime.chosen(view).fields)


def _check_columns(view: View, names: list[str]) -> None:
    """Raise StashUsageError for unknown columns; rows that are not API objects have no other fields."""
    for name in names:
        if name not in view.fields:
            raise StashUsageError(
                f"--fields: there is no field {name}. {did_you_mean(name, view.fields)}".rstrip()
            )


def _list_fields(runtime: Runtime, view: View) -> NoReturn:
    """Print the names that `--fields` accepts, and exit."""
    import json

    import typer

    from stash_cli.commands.results.chosen_columns import choices

    names = choices(view)
    runtime.streams.data(json.dumps(names) + "\n" if runtime.json_errors else "\n".join(names) + "\n")
    raise typer.Exit(0)


def wanted_fields(runtime: Runtime, view: View) -> list[str] | None:
    """The fields to request from the server; None is the type's default selection."""
    output = runtime.options.output
    if output == "ids":
        return ["id"]
    if output == "paths":
        return ["id", *view.files]
    if output == TEMPLATE:
        return list(dict.fromkeys(["id", *runtime.template(view).paths]))
    shown = runtime.chosen(view).fields
    if output == "html":
        return list(dict.fromkeys(["id", *shown, *_picture(runtime, view)]))
    if runtime.options.fields:
        return shown
    from stash_cli.core.graphql.selection import DefaultPaths

    return DefaultPaths(shown) if output in ("table", "csv", "tsv", "md") else None


def _picture(runtime: Runtime, view: View) -> list[str]:
    """The field with the URL of an object's picture, for `--pictures`."""
    if not runtime.options.pictures:
        return []
    from stash_cli.commands.results.html_pages import PICTURES

    return [PICTURES[view.type]]
