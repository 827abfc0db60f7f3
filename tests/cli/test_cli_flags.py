"""Flags in argv: arity, clusters, values that look like flags, and errors."""

from __future__ import annotations

import pytest
from cli_support import Cli
from table_tests import table_test

from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.commands.argv.scanner import ArgvScanner
from stash_cli.core.errors import StashInputError

TABLE = FlagTable(
    [
        Flag("--rating", "rating", metavar="N", parse=int),
        Flag("--tag", "tag", metavar="NAME", many=True),
        Flag("--json", "output", const="json"),
        Flag("--output", "output", metavar="F", short="-o"),
        Flag("--null", "nul", short="-0"),
        Flag("--organized", "organized", clashes="--no-organized"),
        Flag("--no-organized", "organized", const=False, clashes="--organized"),
    ]
)


@table_test(
    ("args", "values", "rest"),
    [
        (["--rating", "80", "word"], {"rating": 80}, ["word"]),
        (["--rating=80"], {"rating": 80}, []),
        (["--rating", "-1"], {"rating": -1}, []),
        (["--tag", "A", "x", "--tag=B"], {"tag": ["A", "B"]}, ["x"]),
        (["--tag", "-2d"], {"tag": ["-2d"]}, []),
        (["-ojson", "-0"], {"output": "json", "nul": True}, []),
        (["-0o", "csv"], {"output": "csv", "nul": True}, []),
        (["-0y"], {"nul": True}, ["-y"]),
        (["--rating", "1", "--rating", "2"], {"rating": 2}, []),
        (["--", "--json"], {}, ["--", "--json"]),
        (["--sort", "--json"], {}, ["--sort", "--json"]),
    ],
)
def test_flags_are_extracted_and_the_rest_is_kept(args: list[str], values: object, rest: list[str]) -> None:
    scanned = ArgvScanner([TABLE], {"--sort", "-y"}, {"--sort"}).scan(args)
    assert (scanned.values[0], scanned.rest) == (values, rest)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--rating"], "--rating needs a value: N"),
        (["--rating", "--json"], "--rating needs a value: N"),
        (["--json=1"], "--json takes no value"),
        (["--organized", "--no-organized"], "--no-organized and --organized cannot be used together"),
    ],
)
def test_invalid_flags_are_explained(args: list[str], message: str) -> None:
    with pytest.raises(StashInputError, match=f"^{message}$"):
        ArgvScanner([TABLE]).scan(args)


USAGE = [
    ("scenes find --rating100-gte x", "--rating100-gte"),
    ("scenes find --rating-gte 80", "no such option: --rating-gte. Did you mean --rating100-gte"),
    ("scenes find --performers-contry JP", "Did you mean --performers-country"),
    ("scenes find --limit few", "--limit"),
    ("scenes find --limit -1", "--limit"),
    ("scenes find --fields id,titel", "Did you mean title"),
    ("scenes find --sort titel", "Did you mean title"),
    ("scenes find --date-gte yestrday", "date takes a date such as 2024"),
    ("scenes find -o xml", "xml"),
    ("scenes find -0 --csv", "-0 needs --ids, --paths or --template"),
    ("tags find --paths", "no files"),
    ("scenes find --organized --no-organized", "cannot be used together"),
    ("scenes fnd", "Did you mean find"),
    ("scnes", "Did you mean scenes"),
    ("demo", "Did you mean --demo"),
    ("login --demo", "the demo library needs no login"),
    ("--jsn", "Did you mean --json"),
    ("scene show", "no scene is chosen"),
    ("scene show 1 2", "unexpected extra argument"),
    ("images create", "no such command: create"),
    ("performer create", "--name is required"),
    ("performer create --name A --rating100 101", "101 is not between 0 and 100"),
    ("marker create --end-seconds nan", "'nan' is not a number"),
    ("performer create --name A --weight 1e999", "'1e999' is not a whole number"),
    ("performer create --name A --gender X", "'X' is not one of MALE"),
    ("performer create --name A --image /no/such/file", "/no/such/file cannot be read"),
    ("scene update 1", "nothing to change"),
    ("scene update 1 --clear titel", "Did you mean title"),
    ("scene update 1 --add-group group_id=1,idx=2", "no such key: idx"),
    ("scene show 1 --fields titel", "Did you mean title"),
    ("scene update 1 --title x --fields titel", "Did you mean title"),
    ("tag create --name x --fields titel", "no field 'titel'"),
    ("jobs list --fields statu", "Did you mean status"),
    ("library list --ids", "no ids"),
    ("scenes find -word", "after --"),
    ("jobs show x", "not a job id"),
    ("jobs stop", "give the ids of the jobs to stop, or --all"),
    ("scan --wait-timeout 0", "--wait-timeout"),
    ("scan --progress fast", "--progress"),
    ("completion tcsh", "tcsh"),
    ("scenes find --timeout x", "--timeout"),
    ("scan --wait-timeout 1:99", "--wait-timeout"),
    ("scenes find --server ftp://x", "ftp"),
]


@table_test(("line", "message"), USAGE, ids=[line for line, _ in USAGE])
def test_usage_error_is_one_line_and_exit_2(offline: Cli, line: str, message: str) -> None:
    cli = Cli("embedded:demo") if "create" in line or "update" in line else offline
    result = cli(*line.split())
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert len([text for text in result.err.splitlines() if text.startswith("stash:")]) == 1


def test_value_may_look_like_another_option(offline: Cli) -> None:
    assert offline("scenes", "find", "--sort", "-date", "--limit", "0").status != 2
