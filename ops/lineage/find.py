"""
Following an answer, a version, a snapshot or a visitor through warehouse, registry and lake.

answer → release → version → job → snapshot → tables → files of the log, from whichever of them is named; and
back from a visitor to the versions that learned from them or answered them.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

from adapters import registry, snapshots
from adapters.registry import Package
from domain.snapshot import Manifest
from domain.tables import TABLES
from training import contracts
from warehouse import run

SHOWN = 5  # files of the log; how many more there are is told

ANSWER = """
select
    site, event_id, client_id, occurred_at, model, version, tier, src_file, src_row,
    details:release_id::varchar as release_id
from live.events
where name = 'prediction' and event_id = %(prediction_id)s
"""
# The session that was under way when the answer was given: the last one that had begun by then.
SESSION_FILES = """
with

visits as (

    select site, event_id, session_key, occurred_at
    from live.session_events
    where site = %(site)s and client_id = %(client_id)s

),

under_way as (

    select session_key
    from visits
    where occurred_at <= %(at)s::timestamp_ntz
    qualify row_number() over (order by occurred_at desc, event_id) = 1

)

select events.src_file, count(*) as events
from visits
inner join under_way on visits.session_key = under_way.session_key
inner join live.events on visits.site = events.site and visits.event_id = events.event_id
group by events.src_file
order by events.src_file
"""
LOG_FILES = """
select src_file, count(*) as events
from staging.events
where
    name not in ('prediction', 'training_run', 'release')
    and occurred_at between %(since)s::timestamp_ntz and %(until)s::timestamp_ntz
group by src_file
order by src_file
"""
ANSWERS = """
select model, version, tier, count(*) as answers
from live.events
where name = 'prediction' and client_id = %(client_id)s
group by model, version, tier
order by model, version, tier
"""
CUSTOMERS = "select distinct user_id from live.events where client_id = %(client_id)s and user_id is not null"
WHO = ("CLIENT_ID", "CUSTOMER_ID")  # columns of snapshots that tell whose a row is


class NotFound(LookupError):
    """Nothing in the environment has that name."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing on the way, and what it was made from."""

    kind: str
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    made_from: tuple["Step", ...] = ()


def walked(step: Step) -> Iterator[Step]:
    """*step* and everything behind it."""
    yield step
    for each in step.made_from:
        yield from walked(each)


class Lineage:
    """Follows the way back, through warehouse, registry and lake of one environment."""

    def __init__(self, connection: Any, outputs: Mapping[str, str]) -> None:
        self._connection = connection
        self._outputs = outputs
        self._lake = outputs["LakeBucket"]

    def of(self, name: str) -> list[Step]:
        """
        Raises:
            NotFound: it is no version, prediction or snapshot.
        """
        model, is_version, version = name.partition("/")
        if is_version and model in contracts.models():
            return [self._version(model, version)]
        if answers := run.execute(self._connection, ANSWER, prediction_id=name):
            return [self._answer(answers[0])]
        manifests = [found for found in snapshots.listed(self._lake) if found.snapshot_id == name]
        if not manifests:
            raise NotFound(f"{name!r} is no prediction_id, model/version or snapshot id here")
        return [self._trained_on(manifest) for manifest in manifests]

    def of_visitor(self, client_id: str) -> list[Step]:
        """The versions that answered a visitor, and those in whose snapshots there are rows of theirs."""
        answered = [
            Step(kind="answered by", name=f"{row['model']}/{row['version']}", facts=_strings(row))
            for row in run.execute(self._connection, ANSWERS, client_id=client_id)
        ]
        customers = run.execute(self._connection, CUSTOMERS, client_id=client_id)
        ids = {client_id, *(row["user_id"] for row in customers)}
        learned = [self._learned(package, rows) for package, rows in self._learned_from(ids)]
        known = {"known as": ", ".join(sorted(ids))}
        return [Step(kind="visitor", name=client_id, facts=known, made_from=(*answered, *learned))]

    def _learned_from(self, ids: set[str]) -> Iterator[tuple[Package, int]]:
        counts: dict[tuple[str, str], int] = {}
        for model in contracts.models():
            for package in registry.versions(self._group(model)):
                key = (model, package.metadata["snapshot_id"])
                if key not in counts:
                    counts[key] = self._rows_of(ids, *key)
                if counts[key]:
                    yield package, counts[key]

    def _rows_of(self, ids: set[str], model: str, snapshot_id: str) -> int:
        manifest = snapshots.find(self._lake, model=model, snapshot_id=snapshot_id)
        return sum(self._rows_in(file.key, ids) for file in manifest.files) if manifest else 0

    def _rows_in(self, key: str, ids: set[str]) -> int:
        file = pq.ParquetFile(io.BytesIO(snapshots.read(self._lake, key)))
        columns = [name for name in WHO if name in file.schema_arrow.names]
        rows = file.read(columns=columns).to_pydict()
        return sum(value in ids for values in rows.values() for value in values)

    def _learned(self, package: Package, rows: int) -> Step:
        facts = {"rows": str(rows), "snapshot": package.metadata["snapshot_id"], "status": package.status}
        return Step(kind="learned by", name=f"{package.model}/{package.version}", facts=facts)

    def _answer(self, answer: Mapping[str, Any]) -> Step:
        files = run.execute(
            self._connection,
            SESSION_FILES,
            site=answer["site"],
            client_id=answer["client_id"],
            at=str(answer["occurred_at"]),
        )
        version = self._version(answer["model"], answer["version"])
        release = Step(kind="release", name=answer["release_id"], made_from=(version,))
        session = Step(
            kind="session",
            name=f"of {answer['client_id']}",
            facts={"events": str(sum(row["events"] for row in files))},
            made_from=tuple(_file(row) for row in files),
        )
        return Step(
            kind="answer", name=answer["event_id"], facts=_strings(answer), made_from=(session, release)
        )

    def _version(self, model: str, version: str) -> Step:
        if not version.isdecimal():
            facts = {"meaning": "no model: what answers before there is one, or where it is broken"}
            return Step(kind="version", name=f"{model}/{version}", facts=facts)
        for package in registry.versions(self._group(model)):
            if package.version == int(version):
                return self._package(package)
        raise NotFound(f"no version {version} of {model}")

    def _package(self, package: Package) -> Step:
        snapshot_id = package.metadata["snapshot_id"]
        manifest = snapshots.find(self._lake, model=package.model, snapshot_id=snapshot_id)
        job = Step(
            kind="job",
            name=package.job,
            facts={"code": package.metadata["code_version"]},
            made_from=(self._snapshot(manifest),) if manifest else (),
        )
        own = ("digest", "owner", "card", "evaluation", "reasons")
        facts = {name: package.metadata[name] for name in own if name in package.metadata}
        return Step(
            kind="version",
            name=f"{package.model}/{package.version}",
            facts={"status": package.status, **facts},
            made_from=(job,),
        )

    def _trained_on(self, manifest: Manifest) -> Step:
        """A snapshot by itself: with the versions that learned from it."""
        versions = [
            f"{package.model}/{package.version} ({package.status})"
            for package in registry.versions(self._group(manifest.model))
            if package.metadata["snapshot_id"] == manifest.snapshot_id
        ]
        return self._snapshot(manifest, versions=", ".join(versions) or "none")

    def _snapshot(self, manifest: Manifest, **more: str) -> Step:
        facts = {
            "rows": f"{manifest.rows:,}",
            "as of": manifest.as_of,
            "from": manifest.started_from,
            "to": manifest.ended_at,
            "SQL of code": manifest.code_version,
            "files": ", ".join(f"{file.key} {file.sha256[:12]}" for file in manifest.files),
            **more,
        }
        files = run.execute(
            self._connection, LOG_FILES, since=_utc(manifest.started_from), until=_utc(manifest.ended_at)
        )
        log = Step(
            kind="log",
            name=f"{len(files):,} files, {sum(row['events'] for row in files):,} events",
            made_from=tuple(_file(row) for row in files[:SHOWN]),
        )
        tables = upstream(contracts.of(manifest.model).reads.table)
        made_from = log
        for table in reversed(tables):
            made_from = Step(kind="table", name=table, made_from=(made_from,))
        name = f"{manifest.model}/{manifest.snapshot_id}"
        return Step(kind="snapshot", name=name, facts=facts, made_from=(made_from,))

    def _group(self, model: str) -> str:
        return self._outputs[f"Group{model.replace('_', '')}"]


def upstream(table: str) -> list[str]:
    """*table*, and what bounds its refresh, down to what was loaded."""
    by_name = {each.full_name: each.upstream for each in TABLES}
    chain = [table]
    while chain[-1] in by_name:
        chain.append(by_name[chain[-1]])
    return chain


def _file(row: Mapping[str, Any]) -> Step:
    return Step(kind="file", name=row["src_file"], facts={"events": str(row["events"])})


def _strings(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def _utc(moment: str) -> str:
    """A manifest's moment as the warehouse keeps it: UTC, without saying so."""
    return moment.removesuffix("+00:00").replace("T", " ")
