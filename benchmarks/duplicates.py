"""Plans for duplicates in libraries of growing size: `python benchmarks/duplicates.py [SCENES ...]`.

One scene in ten has a copy in fewer pixels. Budget: 60 MB more for 100,000 scenes than for 1,000: what grows
are the ids of the groups, while decisions are in a file.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from library import make_library, served
from sqlalchemy import bindparam, insert, update
from timing import STASH, usage

from stash_cli.embedded import open_library, tables

SCENES = ("1000", "10000", "100000")
COPIES = 10
"""One scene in so many has a copy, the one after it."""
PLANS = {
    "list, distance 0": ["scenes", "duplicates", "--jsonl"],
    "list, distance 4": ["scenes", "duplicates", "--distance", "4", "--jsonl"],
    "merge, distance 4": [
        *("scenes", "duplicates", "--distance", "4", "--keep", "resolution", "--into", "keep"),
        *("--then", "delete-files", "--dry-run", "--jsonl"),
    ],
    "by oshash": ["scenes", "duplicates", "--by", "oshash", "--jsonl"],
    "by duration": [
        *("scenes", "duplicates", "--by", "duration", "--keep", "resolution,size,oldest"),
        *("--then", "tag:1", "--dry-run", "--jsonl"),
    ],
}


def add_hashes(path: Path, scenes: int) -> None:
    """Give all files a perceptual hash, an oshash and a length of up to an hour.

    Copies have the length and the oshash of the scene before, and nearly its perceptual hash.
    """
    chance = random.Random(5)
    rows: list[dict[str, object]] = []
    lengths: list[dict[str, object]] = []
    for number in range(1, scenes + 1):
        is_copy = number % COPIES == 1 and number > 1
        if is_copy:
            phash = int(str(rows[-2]["fingerprint"])) ^ (1 << chance.randrange(60))
        else:
            phash = chance.getrandbits(64) - (1 << 63)
        rows.append({"file_id": number, "type": "phash", "fingerprint": phash})
        length = lengths[-1]["length"] if is_copy else chance.randrange(6_000, 366_000) / 100
        lengths.append({"number": number, "length": length})
        same = f"{number - is_copy:016x}"
        rows.append({"file_id": number, "type": "oshash", "fingerprint": same})
    video = tables.video_files
    library = open_library(str(path))
    with library.database.write() as connection:
        connection.execute(insert(tables.files_fingerprints), rows)
        one = update(video).where(video.c.file_id == bindparam("number"))
        connection.execute(one.values(duration=bindparam("length")), lengths)
        connection.execute(update(video).where(video.c.file_id % COPIES == 1).values(width=1280, height=720))
    library.close()


def main() -> None:
    sizes = tuple(sys.argv[1:]) or SCENES
    print(f"{'':24}{'scenes':>10}{'wall s':>10}{'cpu s':>10}{'peak MB':>10}")
    with TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.sqlite"
            # In a process of its own: what this one has used would count as used by those that it starts.
            subprocess.run([sys.executable, __file__, "make", size, str(path)], check=True)
            with served(path) as url:
                for name, words in PLANS.items():
                    began = time.perf_counter()
                    used = usage([STASH, "--server", url, "--timeout", "600", "-q", *words])
                    wall = time.perf_counter() - began
                    print(
                        f"{name:24}{int(size):>10,}{wall:>10.1f}{used.seconds:>10.1f}{used.megabytes:>10.1f}",
                        flush=True,
                    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        add_hashes(make_library(Path(sys.argv[3]), scenes=int(sys.argv[2])), int(sys.argv[2]))
    else:
        main()
