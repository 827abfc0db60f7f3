"""`stash help TOPIC`: help about several commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.core.errors import StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.commands.common.runtime import Runtime

_WIDTH = 84
"""Line width of a topic."""
QUERY = """\
Words, terms and flags of find, count and --where; all of them must hold.

  stash scenes find lake                        text, as in the web interface
  stash scenes find rating:80.. tag:Outdoor     a field, a colon, a value
  stash scenes find -tag:Outdoor no:studio      a dash leaves out; no: without one
  stash scenes find date:2023..2024 sort:-date  a range; latest first
  stash scenes find tag:A or tag:B              one of them; ( ) make groups
  stash scenes find 'title:red head'            quotes for a value with a space
  stash scenes find studio.name:acme            a field of a related object
  stash scenes find 'performers:(country:JP age:30..)'    one performer with both
  stash scenes find 'saved:To watch'            a saved filter: stash filters list

Every filter field has flags as well:

  stash scenes find --rating100-gte 80 --created-at-gt -2d --organized
  stash scenes find --tag Outdoor --tag Beach --no-tag 'To sort'
  stash scenes find --performers-country JP --tag Outdoor --tag-depth -1
  stash scenes find --help-filters date         all flags of one field

Related objects are named by name, alias or id. `id:12` and `name:12` force one
reading. An unknown or ambiguous name is an error (exit 3).
"""

FIELDS = """\
--fields chooses what is asked for and printed, in every format but ids and paths.

  stash scenes find --fields id,title,studio.name,files.path
  stash scenes find --fields title,length,path

  stash scenes find --fields all --json         every field
  stash scenes find --fields list               the names there are

A dotted name leads to a field of a related object or a file. The headings of the
tables are taken too (length is the duration of the files), and path is files.path.
In JSON the keys are always those of the API.

  stash explain Scene                           the fields of an object
"""

OUTPUT = """\
Standard output has data only; messages, questions and errors go to standard error.

  --json    one array; one object where the result is one
  --jsonl   one object per line, as the rows arrive
  --csv     with a heading line; --tsv likewise
  --ids     ids only; --paths: paths of files only; -0 ends each with NUL
  --html    one page with a table to sort; --pictures adds pictures
  -o        any of table, json, jsonl, csv, tsv, yaml, md, html, ids, paths
  --template '{{ title }}'  a line for each row: see `stash help templates`
  --jq '.[].title'          a jq program over the array, or each row with --jsonl;
                            text is printed as it is, all else as JSON

A table prints 40 rows unless --limit is given; all other formats print all rows.
With a JSON format an error is one JSON object per line on standard error.
"""

TEMPLATES = """\
--template prints a line for each object. A template is text with {{ values }} in
it; its names are the fields of the object, and only these are requested.

  stash scenes find --template '{{ id }} {{ title or files[0].basename | stem }}'
  stash scene show 12 --template '{{ studio.name | opt("[", "] ") }}{{ title }}'
  stash scenes find --template '{{ files[0] | resolution }}{{ "\\t" }}{{ title }}'

  {{ performers.name }}                 the names of all of them, with commas
  {{ performers | join(" & ") }}        with another mark between them
  {{ performers | limit(2) }}           the first two; limit cuts texts, too
  {% for p in performers %}{{ p.name }} ({{ p.country }}) {% endfor %}
  {% if organized %}done{% endif %}
  {{ custom_fields["Shoot place"] }}    custom_fields.height

What an object lacks is empty: studio.name without a studio, files[0] without files.
A name that the API does not have is an error. Filters besides those of Jinja:

  stem, suffix       name of a file without its folder and ending; its ending
  slug               lower case, letters and digits joined by dashes
  date("%Y")         a date or time in a format; empty if the date is less exact
  resolution         1080p, 4k, ... of a file, or of its height
  duration, size     1:02:03 of seconds, 1.4 GB of bytes
  default("none")    another value for an empty one
  studio_path        a studio with those above it: Network/Acme, folders in rename
  opt("(", ")")      the value between two texts, or nothing where it is empty

Of Jinja: abs capitalize count first float format int join last length list lower
map max min reject rejectattr replace reverse round select selectattr sort sum title
trim truncate unique upper wordcount, and the tests behind `is`.

  stash explain Scene                   the fields of an object
"""

EXIT_STATUS = """\
   0  done, also when nothing was found or there was nothing to change
   1  failed
   2  wrong usage
   3  not found, or a name that matches several objects
   4  the API key is missing or wrong
   5  unreachable, timed out or locked: try again
   6  partly done, or the server logged errors while the job ran
   7  the server is too old or too new
   8  waiting timed out; the job is still running
   9  the job failed or was cancelled
  10  the outcome of a job or a change is unknown: check before you repeat it
  11  not confirmed: refused without --yes, or declined
  12  nothing matched (find and count with --exit-status)
 130  interrupted

If several apply, the first of 130, 4, 7, 5, 10, 9, 8, 6, 1 is used. Scripts
should treat any other status as a failure.
"""

ENVIRONMENT = """\
  STASH_URL               the server: http://HOST:9999, or embedded:FILE
  STASH_API_KEY           its API key, if it asks for one
  STASH_API_KEY_FILE      a file with the key; STASH_API_KEY wins
  STASH_PROFILE           name of a profile, as `stash login` saves it
  STASH_STATE_DIR         folder of the journal and the files beside it
  STASH_MAX_ANSWER_BYTES  largest answer, decompressed (default: 256 MiB)
  NO_COLOR                no colour; --color wins
  FORCE_COLOR             colour without a terminal, too, except in tables
  TERM                    `dumb`: no colour, no progress bar, no pictures
  COLUMNS                 width of tables and texts on a terminal
  VISUAL, EDITOR          program that edits texts, such as `code --wait`
  HTTP_PROXY              proxy (HTTPS_PROXY for https, ALL_PROXY for both)
  NO_PROXY                hosts that are reached without a proxy
  SSL_CERT_FILE           file of certificates to trust; --ca-cert wins
  XDG_CONFIG_HOME         Linux: settings are below it (~/.config)
  XDG_STATE_HOME          Linux: the journal is below it (~/.local/state)
  XDG_CACHE_HOME          Linux: caches are below it (~/.cache)
  XDG_DATA_HOME           Linux: demo library and mirrors (~/.local/share)

The whole connection comes from the first of these: --server, -P NAME, STASH_URL,
STASH_PROFILE, the default profile, http://localhost:9999. The key in the variables
is sent only to the server that --server, STASH_URL or the default address selects.
The key of a profile is sent only to the server of that profile. `stash auth status`
shows what is used, and whether the server accepts it.
"""

CRON = """\
A chain of tasks every night, silent unless something is wrong:

  # crontab -e
  STASH_URL=http://localhost:9999
  STASH_API_KEY_FILE=/home/me/.config/stash-key
  0 3 * * *  ~/.local/bin/stash run scan generate clean -q --lock-wait 1h

Cron has neither your PATH nor your variables: write the full path of the program
(`command -v stash` prints it). The key file is readable for you alone (chmod 600);
a keyring cannot be read there. Cron mails what a command prints, and that is only
what is wrong: a step that failed, an error in the server's log that the last run
did not have. What is known stays quiet; --ignore-error REGEX leaves out more.

A second run on the same server waits for the first (--lock-wait), or ends with 5.
Other statuses: 6 something could not be read, 9 a task failed, 10 its outcome is
unknown, 11 clean refused to remove so much; the first task that fails ends the
chain. `stash help exit-status` has all of them.

A chain with a name, in settings.toml (`stash profile list` prints its path):

  [run.nightly]
  steps = ["scan", "generate --covers", "clean --max-missing 5%"]
  ignore = ["broken\\\\.mp4"]
  ping_url = "https://monitor.example/uuid"    # also .../start and .../fail
  on_failure = "mail -s \\"$STASH_RUN_SUMMARY\\" me"

  0 3 * * *  ~/.local/bin/stash run nightly -q

The same as a systemd timer. A status that is not 0 fails the unit; 6, partly done,
is a success here, so that one broken file does not:

  # ~/.config/systemd/user/stash-nightly.service
  [Unit]
  Description=Nightly tasks of the media library
  [Service]
  Type=oneshot
  Environment=STASH_URL=http://localhost:9999
  LoadCredential=stash-key:%h/.config/stash-key
  Environment=STASH_API_KEY_FILE=%d/stash-key
  ExecStart=%h/.local/bin/stash run scan generate clean -q
  SuccessExitStatus=6
  TimeoutStartSec=12h

  # ~/.config/systemd/user/stash-nightly.timer
  [Unit]
  Description=Nightly tasks of the media library
  [Timer]
  OnCalendar=*-*-* 03:00
  Persistent=true
  [Install]
  WantedBy=timers.target

  systemctl --user enable --now stash-nightly.timer
  systemctl --user start stash-nightly.service     # try it now
  journalctl --user -u stash-nightly.service

Persistent=true makes up for a night in which the machine was off. Your timers run
only while you are logged in, unless: loginctl enable-linger
"""

PLUGINS = """\
A server runs plugins for a task or after a change. A plugin in Python:

  stash plugins new my-plugin
  stash --demo plugins simulate my-plugin/my-plugin.yml 'Tag scenes'

Its script has the server, the arguments and the log from the server's input:

  context = StashContext.from_plugin_stdin()
  async with context as client:
      ...
      context.log.progress(0.5)

A command of this program as a plugin, here after each new scene:

  exec: [stash, plugins, exec, scenes, update, "{hook.id}", --add-tag, New]
  interface: raw
  hooks:
    - name: New scene
      triggeredBy: [Scene.Create.Post]

{hook.id} is the object of the hook, {args.NAME} an argument of a task. Messages and
progress go to the server's log and job, what is printed is the plugin's answer.

Put the folder of a plugin into the server's folder of plugins, then:

  stash plugins reload
  stash plugins run my-plugin 'Tag scenes' --wait

  stash plugins --help                          the commands
"""

TOPICS = {
    "query": QUERY,
    "fields": FIELDS,
    "output": OUTPUT,
    "templates": TEMPLATES,
    "exit-status": EXIT_STATUS,
    "environment": ENVIRONMENT,
    "cron": CRON,
    "plugins": PLUGINS,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class HelpOptions(CommandOptions):
    """The command line of `help`."""

    topic: Annotated[
        str, typer.Argument(metavar="TOPIC|COMMAND", help=f"{', '.join(TOPICS)}, or words of a command")
    ]


class HelpCommand(StashCommand):
    """`help`, which completes its topics."""

    def complete_argument(self, word: str) -> list[tuple[str, str]]:
        return [(topic, "") for topic in TOPICS if topic.startswith(word)]


def build() -> StashCommand:
    return command(
        "help",
        run_help,
        HelpOptions,
        cls=HelpCommand,
        examples=("stash help query", "stash help scenes find", "stash help cron"),
    )


def run_help(runtime: Runtime, options: HelpOptions) -> None:
    """Explain a topic or a command."""
    topic = options.topic
    if topic not in TOPICS:
        hint = did_you_mean(topic, TOPICS) or f"Topics: {', '.join(TOPICS)}."
        raise StashUsageError(f"no such topic or command: {topic}. {hint}")
    text, is_terminal = TOPICS[topic], runtime.streams.out_is_terminal
    if topic == "query":
        # Imported here, because only this topic needs the parser's tables.
        from stash_cli.commands.queries.reference import topic_tables

        text += topic_tables(is_broken=not is_terminal)
    is_too_narrow = is_terminal and max(map(len, text.splitlines())) > runtime.streams.width
    if not is_too_narrow:
        runtime.streams.text(text)
    elif topic in ("cron", "plugins"):  # these contain lines of files, to be copied unchanged
        for line in joined(text.splitlines()):
            (runtime.streams.data if line.startswith("  ") else runtime.streams.text)(f"{line}\n")
    else:
        runtime.streams.text("\n".join(joined(text.splitlines())) + "\n")


def joined(lines: Iterable[str]) -> list[str]:
    """Join lines that were wrapped at the margin, or below the last column."""
    paragraphs: list[str] = []
    previous = ""
    for line in lines:
        start = len(line) - len(line.lstrip())
        is_continuation = start == _column(previous) and (start or len(previous) > _WIDTH * 2 // 3)
        if paragraphs and line and is_continuation:
            paragraphs[-1] = f"{paragraphs[-1]} {line.lstrip()}"
        else:
            paragraphs.append(line)
        previous = line if not (is_continuation and start) else previous
    return paragraphs


def _column(line: str) -> int:
    """The position of the last column of a line; -1 for an indented line without columns."""
    starts = [each.end() for each in re.finditer(r"\S {2,}(?=\S)", line)]
    return starts[-1] if starts else -1 if line.startswith(" ") else 0
