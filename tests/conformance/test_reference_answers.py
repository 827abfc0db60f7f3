"""The embedded library compared with recorded responses of a real server, in process."""

from __future__ import annotations

import importlib.util
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support import reference, rows

from stash_cli.embedded import open_library

CHECK = reference("conformance", "check.py")


def load_check(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(name: str) -> Iterator[dict[str, Any]]:
    return rows(reference("conformance", f"{name}.jsonl"))


class ReplayedLibrary:
    """A library, and the rows that agree or differ when recorded rows are replayed."""

    def __init__(self, library: Any, check: ModuleType) -> None:
        self.library = library
        self.check = check
        self.agreed: Counter[str] = Counter()
        self.differences: dict[str, dict[str, str]] = {}

    def ask(self, kind: str, label: str, row: dict[str, Any]) -> None:
        outcome = self.library.execute(row["query"], row["variables"])
        messages = [error["message"] for error in outcome.errors]
        difference = self.check.verdict(row, outcome.data, messages)
        if difference is None:
            self.agreed[kind] += 1
        else:
            self.differences.setdefault(kind, {})[label] = f"{label}: {difference}"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[ReplayedLibrary]:
    """Every recorded row replayed in order: seed, reads, writes."""
    if CHECK is None:
        pytest.skip("there is no reference data")
    with open_library(str(tmp_path / "library.sqlite")) as library:
        result = ReplayedLibrary(library, load_check(CHECK))
        for number, row in enumerate(recorded("seed")):
            result.ask("seed", f"seed[{number}]", row)
        for row in recorded("cases"):
            if not (row.get("leak") or row.get("defect")):
                result.ask("read", row["id"], row)
        for number, row in enumerate(recorded("writes")):
            result.ask("write", f"write[{number}]", row)
            if row.get("then"):
                result.ask("write", f"write[{number}].then", row["then"])
        yield result


def deviations() -> set[str]:
    """Rows in which the library differs deliberately."""
    text = Path(__file__).with_name("deviations.toml").read_text(encoding="utf-8")
    return {row for deviation in tomllib.loads(text)["deviation"] for row in deviation["rows"]}


@pytest.mark.long
def test_recorded_answers_agree_except_listed_deviations(held: ReplayedLibrary) -> None:
    """Every difference is listed, and every listed row differs."""
    different = {label: told for kind in held.differences.values() for label, told in kind.items()}
    unexpected = [told for label, told in different.items() if label not in deviations()]
    assert not unexpected, f"{len(unexpected)} rows differ:\n" + "\n".join(unexpected)
    assert deviations() == held.differences["read"].keys()
