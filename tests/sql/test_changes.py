"""
Tables change by additions only: whoever reads a column today can read it tomorrow.

Held against the commit before, and the tree against the last commit.
"""

import subprocess
import warnings
from functools import cache

import pytest
from sqlglot import exp

from ops.docs import relations, statements
from warehouse import run

ROOT = run.FOLDER.parent

# What may go once, and why. When the commit before has none of it any more, a warning says so: take it out.
REMOVED: dict[str, set[str]] = {}
GONE: set[str] = set().union(*REMOVED.values())

Columns = dict[str, str]  # schema.table.column → type


def git(*arguments: str) -> str | None:
    found = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout if found.returncode == 0 else None


@cache
def columns_at(commit: str) -> Columns | None:
    """The columns of every table of *commit*; None where its history is not here."""
    listed = git("ls-tree", "-r", "--name-only", commit, "warehouse/")
    if listed is None:
        return None
    files = [file for file in listed.split() if file.split("/")[1] in statements.RELATION_FOLDERS]
    return {name: kind for file in files for name, kind in columns_of(git("show", f"{commit}:{file}") or "")}


def columns_of(text: str) -> list[tuple[str, str]]:
    made = [s.tree for s in statements.parsed("a file", text) if isinstance(s.tree, exp.Create)]
    return [
        (f"{relations.name(tree.this)}.{column.name}", column.args["kind"].sql(statements.DIALECT))
        for tree in made
        if tree.args["kind"] == "TABLE" and isinstance(tree.this, exp.Schema)
        for column in tree.this.expressions
    ]


def columns_now() -> Columns:
    files = [run.FOLDER / f"{file}.sql" for file in statements.files()]
    return {name: kind for file in files for name, kind in columns_of(file.read_text(encoding="utf-8"))}


def lost(before: Columns, after: Columns) -> set[str]:
    """Columns that are gone or have another type."""
    return {name for name, kind in before.items() if after.get(name) != kind}


def no_longer_needed(columns: Columns) -> list[str]:
    return [reason for reason, names in REMOVED.items() if names.isdisjoint(columns)]


def before(commit: str) -> Columns:
    columns = columns_at(commit)
    if columns is None:
        pytest.skip(f"{commit} is not in this clone")
    return columns


def test_no_column_goes_with_what_is_not_committed_yet():
    assert lost(before("HEAD"), columns_now()) <= GONE


def test_no_column_goes_with_the_last_commit():
    assert lost(before("HEAD~1"), before("HEAD")) <= GONE
    for reason in no_longer_needed(before("HEAD~1")):
        warnings.warn(f"take out of REMOVED, it is gone already: {reason}", stacklevel=1)


def test_an_exception_that_takes_nothing_out_any_more_is_named():
    assert no_longer_needed({}) == list(REMOVED)
    assert no_longer_needed(dict.fromkeys(GONE, "varchar")) == []


def test_a_column_that_goes_or_changes_its_type_is_found():
    was = dict(columns_of("create or alter table a.b (c varchar, d number(38, 0), e date)"))
    now = dict(columns_of("create or alter table a.b (c varchar, d number(18, 4), f date)"))

    assert lost(was, now) == {"a.b.d", "a.b.e"}
    assert lost(was, now | was) == set()
