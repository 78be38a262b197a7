"""
The whole way of an event, on this machine: `make run`.

Deploys the stack to the offline cloud, sends events in over HTTP, runs the pipeline and asks for predictions;
then shows what became of it all: a table, .skiff/journey.json and .skiff/journey.html.
"""

import re
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from rich.markup import escape

from adapters import alarms, functions, machines, warehouse
from domain.other_settings import TransformSettings
from ops import cloud, deploy, endpoint, report
from ops.lineage.find import Lineage, walked
from ops.progress import Step, Steps, console
from ops.send import Collector, Sent
from ops.sources import Source, open_source
from warehouse import run

WRITE_KEY = "demo-shop-key"
SITE = "demo-shop"
MODEL = "next_item"  # whose answers are shown visit by visit
ALARM = "skiff-local-ingestion-rejected"
BURST = 200  # malformed events at once; the alarm stands at 50 in a period
PATIENCE_SECONDS = 600  # three models are trained on what may be one core
POLL_SECONDS = 0.5
TOO_LITTLE = r"(EmptySnapshot|NothingToEvaluate|NothingToLearn): .*"  # why some data makes no model

EVENTS = """
select name, count(*) as events
from staging.events
where name not in ('prediction', 'training_run', 'release')
group by name
order by events desc, name
"""
PREDICTIONS = """
select distinct v:event.prediction_id::varchar as prediction_id
from raw.events
where v:event.name::varchar = 'prediction'
"""

T = TypeVar("T")


class TookTooLong(TimeoutError):
    """Something that should have happened by now did not."""


def main(*, data: Path | None, sessions: int, keep: bool) -> int:
    """Walk the way and report it; returns the exit code."""
    steps = Steps()
    try:
        source = open_source(data, sessions=sessions, now=datetime.now(UTC), site=SITE)
        found = Journey(source, steps).walk()
    except Exception as error:  # whatever it was: a person gets a sentence, the log gets the traceback
        _explain(error, during=steps.current)
        return 1
    finally:
        if not keep:
            cloud.stop()
    report.write(found, folder=cloud.STATE)
    report.show(found)
    if keep:
        print(deploy.hello())
    console.print(f"The same as a page: {cloud.STATE}/journey.html, and as data: journey.json beside it")
    return 0


def _explain(error: Exception, *, during: str) -> None:
    log = cloud.STATE / "logs" / "journey.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(traceback.format_exception(error)))
    if during and not cloud.is_running():
        console.print(
            f"[red]The offline cloud went away[/] during “{during}”. Run it again: it starts afresh."
        )
    else:
        console.print(f"[red]{during or 'Skiff'}:[/] {escape(str(error))}")
    if during:
        console.print(f"Details: {log}, and the servers' own logs beside it")


class DeployFailed(RuntimeError):
    """The CDK could not deploy the stacks."""


class CountsDiffer(AssertionError):
    """The warehouse counts something else than was sent."""


class Journey:
    """One walk; each step is a method, in the order in which an event would meet them."""

    def __init__(self, source: Source, steps: Steps) -> None:
        self._source = source
        self._steps = steps
        self._found: dict[str, Any] = {"data": source.name, "version": None, "no_model": None}

    def walk(self) -> dict[str, Any]:
        self._deploy()
        self._ask_before_any_model()
        self._send()
        self._load()
        self._train()
        if approved := [name for name, found in self._found["models"].items() if found["approved"]]:
            self._release(approved)
        self._ask()
        self._trace()
        self._trip_the_alarm()
        return {**self._found, "seconds": self._steps.seconds}

    def _deploy(self) -> None:
        with self._steps.step("deploy", "Deploy five stacks") as step:
            step.say("starting the offline cloud")
            if cloud.is_running():
                console.print("Ending the cloud that is running: the journey starts afresh.")
            step.say("cdk deploy local/*")
            log = cloud.STATE / "logs" / "deploy.log"
            running = deploy.prepare(fresh=True, log=log)
            if deploy.deploy(deploy.LOCAL, log=log):
                raise DeployFailed(f"cdk deploy failed; its output is in {log}")
            self._url = deploy.url(running)
            self._outputs = deploy.outputs(deploy.LOCAL)
            self._warehouse = self._connect()

    def _connect(self) -> Any:
        """Look into the warehouse with the login of the function that fills it."""
        variables = functions.environment(self._outputs["TransformFunction"])
        return warehouse.connect(TransformSettings.from_env(variables), query_tag="journey")

    def _ask_before_any_model(self) -> None:
        with self._steps.step("baseline", "Ask before any model"):
            self._found["before"] = self._predict({"client_id": "early-bird", "events": []})

    def _send(self) -> None:
        source = self._source
        with self._steps.step("send", "Send events over HTTP", total=100) as step:

            def show(sent: Sent) -> None:
                step.reach(int(100 * source.share()))
                step.say(f"{sent.accepted + sent.rejected:,} events")

            sent = Collector(self._url, WRITE_KEY).send_all(source.batches(), progress=show)
            self._found |= {"sent": source.sent, "accepted": sent.accepted, "rejected": sent.rejected}
            self._found["names"] = source.names
            self._found["import"] = dict(source.reading.summary()) if source.reading else {}

    def _load(self) -> None:
        accepted: int = self._found["accepted"]
        with self._steps.step("load", "Firehose → S3 → pipe → raw", total=accepted) as step:

            def loaded() -> bool:
                self._found["raw"] = self._counts()["raw"] - len(self._logged())
                step.reach(self._found["raw"])
                return bool(self._found["raw"] >= accepted)

            wait_for(loaded, what=f"{accepted} events in raw.events")

    def _train(self) -> None:
        with self._steps.step("pipeline", "Transform, check, train, gate") as step:
            execution = machines.start(
                self._outputs["PipelineArn"],
                {"as_of": self._source.as_of.isoformat().replace("+00:00", "Z")},
                name=f"journey-{datetime.now(UTC):%Y%m%d-%H%M%S}",
            )
            models = self._models(execution, step)
        registered = models[MODEL]
        counts = self._counts()
        self._found["staged"] = counts["staged"] - counts["predictions"]
        self._found["events"] = {row["name"]: row["events"] for row in run.execute(self._warehouse, EVENTS)}
        self._compare(counts)
        self._found |= {
            "sessions": counts["sessions"],
            "snapshot": registered.get("snapshot_id"),
            "metrics": registered.get("metrics"),
            "baseline_metrics": registered.get("baseline_metrics"),
        }

    def _models(self, execution: str, step: Step) -> dict[str, dict[str, Any]]:
        """
        What became of each model in the pipeline; too little data for one is no failure of the others.

        A made-up shop is as large as MODEL needs, so there no MODEL is a failure.
        """
        try:
            items = follow(execution, step)
        except machines.ExecutionFailed as error:
            items = error.output
            if items is None or not all(map(_is_made_or_too_little, items)):
                raise
        models = {item["model"]: item for item in items}
        self._found["no_model"] = _refused(models[MODEL])
        self._found["models"] = {
            name: {"approved": item.get("approved", False), "refused": _refused(item)}
            for name, item in models.items()
        }
        if self._found["no_model"] and self._source.truth:
            raise machines.ExecutionFailed(self._found["no_model"])
        return models

    def _compare(self, counts: dict[str, int]) -> None:
        """What the warehouse counts must be what was made up, or what was read."""
        found = {**counts, **self._found}
        expected = _expected(self._source)
        wrong = [f"{name} {found[name]}, not {n}" for name, n in expected.items() if found[name] != n]
        if wrong:
            raise CountsDiffer("; ".join(wrong))

    def _release(self, approved: list[str]) -> None:
        with self._steps.step("release", "Bake, publish, probe, shift", total=len(approved)) as step:
            machine = self._outputs["ReleaseArn"]

            def started() -> list[str] | None:
                executions = machines.executions(machine)
                return executions if len(executions) >= len(approved) else None

            for number, execution in enumerate(wait_for(started, what="a release of each model"), start=1):
                release = follow(execution, step)["release"]
                self._found["models"][release["model"]]["version"] = release["arms"][0]["version"]
                step.reach(number)
            self._found["version"] = self._found["models"][MODEL].get("version")

    def _ask(self) -> None:
        examples = self._source.examples()
        with self._steps.step("predict", "Ask for predictions", total=len(examples) or None) as step:
            self._found["predictions"] = [self._one(visit) for visit in examples]
            step.reach(len(examples))
            step.say("until raw.events has them")
            request = _visitor(examples[-1]) if examples else {"client_id": "nobody", "events": []}
            for model, found in self._found["models"].items():
                found["answer"] = self._predict(request, model=model)
            together = endpoint.predict_many(
                self._url, models=self._found["models"], write_key=WRITE_KEY, request=request
            )
            self._found["together"] = together
            answers = [*self._found["predictions"], *self._answers(), *together.values()]
            ids = {answer["metadata"]["prediction_id"] for answer in answers}
            wait_for(lambda: ids <= self._logged(), what="every prediction in raw.events")

    def _trace(self) -> None:
        """From an answer that was given a moment ago back to the files of the log."""
        with self._steps.step("lineage", "Trace an answer to the log"):
            asked = self._found["models"][MODEL]["answer"]["metadata"]["prediction_id"]
            (answer,) = Lineage(self._warehouse, self._outputs).of(asked)
            self._found["lineage"] = [[step.kind, step.name] for step in walked(answer)]

    def _answers(self) -> list[dict[str, Any]]:
        """One of each model."""
        return [found["answer"] for found in self._found["models"].values()]

    def _one(self, visit: list[dict[str, Any]]) -> dict[str, Any]:
        *seen, coming = visit
        answer = self._predict(_visitor(visit))
        return {
            "seen": [event["items"][0] for event in seen],
            "came": coming["items"][0],
            "items": answer["data"]["items"],
            "metadata": answer["metadata"],
        }

    def _trip_the_alarm(self) -> None:
        with self._steps.step("alarm", "Send rubbish, watch the alarm") as step:
            wait_for(lambda: alarms.state(ALARM) == "OK", what=f"{ALARM} to be quiet")
            Collector(self._url, WRITE_KEY).send([{"name": "no_such_event"}] * BURST)
            step.say("until it fires")
            wait_for(lambda: alarms.state(ALARM) == "ALARM", what=f"{ALARM} to fire")
            step.say("until it clears")
            wait_for(lambda: alarms.state(ALARM) == "OK", what=f"{ALARM} to clear")
            self._found["alarm"] = {"name": ALARM, "fired": True, "cleared": True}

    def _predict(self, request: dict[str, Any], *, model: str = MODEL) -> dict[str, Any]:
        return endpoint.predict(self._url, model=model, write_key=WRITE_KEY, request=request)

    def _counts(self) -> dict[str, int]:
        return functions.invoke(self._outputs["TransformFunction"], {"action": "count"})

    def _logged(self) -> set[str]:
        """The predictions that have come through the lake into raw.events."""
        rows = run.execute(self._warehouse, PREDICTIONS)
        return {row["prediction_id"] for row in rows}


def _refused(item: dict[str, Any]) -> str | None:
    """Why no model came of an item of the pipeline; None for one that was approved."""
    if "failure" in item:
        reason = machines.reason(item["failure"])
        too_little = re.search(TOO_LITTLE, reason)
        return too_little.group() if too_little else reason
    return None if item["approved"] else f"the gate refused the model: {'; '.join(item['reasons'])}"


def _is_made_or_too_little(item: dict[str, Any]) -> bool:
    return "failure" not in item or bool(re.search(TOO_LITTLE, machines.reason(item["failure"])))


def _visitor(visit: list[dict[str, Any]]) -> dict[str, Any]:
    """What a shop asks while the visit goes on, of any model."""
    return {"client_id": visit[0]["client_id"], "events": visit[:-1], "k": 20}


def _expected(source: Source) -> dict[str, Any]:
    if truth := source.truth:
        return {
            "accepted": truth.accepted,
            "rejected": truth.rejected,
            "staged": truth.unique,
            "events": dict(truth.names),
            "sessions": truth.sessions,
            "next_item_sessions": truth.next_item_sessions,
        }
    reading = source.reading
    if reading is None:
        return {}
    expected: dict[str, Any] = {"accepted": reading.made, "rejected": 0}
    if reading.saw_every_duplicate:
        expected["staged"] = reading.made - reading.duplicates
    return expected


def follow(execution: str, step: Step) -> Any:
    """Name each state as it is entered; returns the execution's result."""

    def ended() -> Any:
        for state in machines.states(execution):
            step.say(state)
        return machines.result(execution)

    return wait_for(ended, what="the execution to end")


def wait_for(answer: Callable[[], T | None], *, what: str) -> T:
    """Ask until the answer is neither None nor False."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if value := answer():
            return value
        time.sleep(POLL_SECONDS)
    raise TookTooLong(f"waited {PATIENCE_SECONDS} s for {what}")
