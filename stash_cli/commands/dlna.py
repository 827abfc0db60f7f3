"""`stash dlna`: the server's DLNA service, and the addresses that may use it."""

from __future__ import annotations

from functools import partial

from stash_cli.commands.argv.flags import Flag
from stash_cli.commands.argv.value_parsers import bounded
from stash_cli.commands.common.calls import Call, Word, call_group
from stash_cli.output.values import View, columns

STATUS = View(
    "DLNAStatus",
    columns(
        "running", "until:moment", "recent=recent_ip_addresses", "allowed=allowed_ip_addresses.ip_address"
    ),
)
MINUTES = (
    Flag(
        "--minutes", "duration", "for so long (default: for good)", "N", "Settings", bounded(int, (1, None))
    ),
)
ADDRESS = Word("address", "ADDRESS", "IP address of a player")

CALLS = (
    Call(
        "status",
        "dlnaStatus",
        "Show whether the service runs, and who used it",
        ("stash dlna status",),
        view=STATUS,
    ),
    Call(
        "enable",
        "enableDLNA",
        "Start the service, for good or for some minutes",
        ("stash dlna enable", "stash dlna enable --minutes 60"),
        done="the DLNA service is on",
        flags=MINUTES,
    ),
    Call(
        "disable",
        "disableDLNA",
        "Stop the service, for good or for some minutes",
        ("stash dlna disable",),
        done="the DLNA service is off",
        flags=MINUTES,
    ),
    Call(
        "allow",
        "addTempDLNAIP",
        "Let an address use the service, until the server restarts or for some minutes",
        ("stash dlna allow 192.168.1.20", "stash dlna allow 192.168.1.20 --minutes 30"),
        word=ADDRESS,
        done="the address may use the DLNA service",
        flags=MINUTES,
    ),
    Call(
        "forbid",
        "removeTempDLNAIP",
        "Take the permission of an address back",
        ("stash dlna forbid 192.168.1.20",),
        word=ADDRESS,
        done="the address may no longer use the DLNA service",
    ),
)


group = partial(call_group, "dlna", "The DLNA service of the server.", CALLS)
