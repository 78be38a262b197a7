import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import snowflake.connector
from moto import mock_aws
from snowflake.connector.errors import ProgrammingError

from domain.other_settings import PlatformSettings
from lambdas import platform
from local.snowflake import offline
from local.snowflake.account import Account
from tests.offline_shop import DATABASE, LAKE, PLATFORM, SNOWFLAKE, line
from warehouse import run

PIPE = f"{DATABASE}.RAW.EVENTS_PIPE"
SETTINGS = PlatformSettings(
    **SNOWFLAKE,
    lake_bucket=LAKE,
    external_id=PLATFORM["external_id"],
    storage_role_arn=PLATFORM["storage_role_arn"],
)


class CloudFormation(HTTPServer):
    """Asks the function, and keeps what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.answers: list[dict] = []

    def ask(self, part: str, request: str = "Create", **more: str) -> dict:
        event = {
            "RequestType": request,
            "ResponseURL": f"http://127.0.0.1:{self.server_port}/signed?a=b",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Integration",
            "ResourceProperties": {"Part": part},
            **more,
        }
        platform.handler(event, None)
        return self.answers.pop()


class Answers(BaseHTTPRequestHandler):
    server: CloudFormation

    def do_PUT(self) -> None:
        self.server.answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    with CloudFormation() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    platform.settings.cache_clear()
    with mock_aws(), offline() as account:
        account.s3.create_bucket(Bucket=LAKE)
        yield account


@pytest.fixture
def not_yet(monkeypatch: pytest.MonkeyPatch) -> list[ProgrammingError]:
    """What Snowflake answers, one by one, before it does what it is asked."""
    errors: list[ProgrammingError] = []
    known = run.run

    def refused(*args: object, **values: str) -> list[list[run.Row]]:
        if errors:
            raise errors.pop(0)
        return known(*args, **values)

    monkeypatch.setattr(run, "run", refused)
    return errors


def test_the_integration_answers_what_the_storage_role_trusts(
    cloudformation: CloudFormation, account: Account
):
    answer = cloudformation.ask("integration")

    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {
        "IamUserArn": "arn:aws:iam::000000000000:user/snowflake",
        "ExternalId": "skiff-test",
    }
    assert (answer["StackId"], answer["RequestId"], answer["LogicalResourceId"]) == (
        "stack",
        "request",
        "Integration",
    )


def test_the_pipes_answer_the_queues_that_the_lake_notifies(cloudformation: CloudFormation, account: Account):
    cloudformation.ask("integration")

    data = cloudformation.ask("pipes")["Data"]

    assert data["EventsChannel"] == data["RejectsChannel"] == account.pipes[PIPE].queue_arn


def test_pipes_may_have_a_queue_each(cloudformation: CloudFormation, account: Account):
    cloudformation.ask("integration")
    cloudformation.ask("pipes")
    account.pipes[PIPE] = replace(account.pipes[PIPE], queue_arn="arn:aws:sqs:us-east-1:0:other")

    data = cloudformation.ask("pipes")["Data"]

    assert data["EventsChannel"] == "arn:aws:sqs:us-east-1:0:other"
    assert data["RejectsChannel"].endswith(f"snowflake-{DATABASE.lower()}")


def test_what_landed_before_there_was_a_pipe_is_loaded(cloudformation: CloudFormation, account: Account):
    account.s3.put_object(Bucket=LAKE, Key="events/2026/01/01/00/a", Body=json.dumps(line("e1")).encode())
    account.s3.put_object(Bucket=LAKE, Key="rejected/2026/01/01/00/a", Body=b'{"reason": "bad_text"}')
    cloudformation.ask("integration")

    cloudformation.ask("pipes")

    connection = snowflake.connector.connect(database=DATABASE)
    assert run.execute(connection, "select count(*) as n from raw.events") == [{"n": 1}]
    assert run.execute(connection, "select count(*) as n from raw.rejects") == [{"n": 1}]


def test_a_role_that_aws_does_not_know_yet_is_asked_for_again(
    account: Account, not_yet: list[ProgrammingError]
):
    platform.integration()
    not_yet += 3 * [ProgrammingError(msg="Error assuming AWS_ROLE:\nUser: snowflake is not authorized")]

    answer = platform.pipes(pause_seconds=0)

    assert answer["EventsChannel"].startswith("arn:aws:sqs:")


def test_a_role_that_stays_unknown_is_an_error(account: Account, not_yet: list[ProgrammingError]):
    not_yet += 99 * [ProgrammingError(msg="Error assuming AWS_ROLE")]

    with pytest.raises(ProgrammingError, match="AWS_ROLE"):
        platform.pipes(pause_seconds=0)


def test_any_other_refusal_fails_at_once(account: Account, not_yet: list[ProgrammingError]):
    not_yet += [ProgrammingError(msg="Insufficient privileges"), ProgrammingError(msg="never asked again")]

    with pytest.raises(ProgrammingError, match="Insufficient"):
        platform.pipes(pause_seconds=0)

    assert len(not_yet) == 1


def test_a_deploy_may_run_again_and_changes_nothing(cloudformation: CloudFormation, account: Account):
    first = [cloudformation.ask("integration"), cloudformation.ask("pipes")]

    again = [
        cloudformation.ask(part, "Update", PhysicalResourceId="Integration")
        for part in ("integration", "pipes")
    ]

    assert again == first


def test_a_failure_is_answered_with_its_reason(cloudformation: CloudFormation, account: Account):
    answer = cloudformation.ask("tables")

    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "UnknownPart: 'tables' is not integration or pipes"


def test_deleting_the_stack_keeps_the_data(cloudformation: CloudFormation, account: Account):
    answer = cloudformation.ask("integration", "Delete", PhysicalResourceId="as before")

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "as before")
    assert account.statements == []


def test_a_replay_asks_for_the_same_and_is_answered_at_once(account: Account):
    parts = ("integration", "pipes")

    asked = [
        platform.handler({"RequestType": "Update", "ResourceProperties": {"Part": part}}, None)
        for part in parts
    ]

    assert [set(data or ()) for data in asked] == [
        {"IamUserArn", "ExternalId"},
        {"EventsChannel", "RejectsChannel"},
    ]
    with pytest.raises(platform.UnknownPart):
        platform.handler({"RequestType": "Update", "ResourceProperties": {"Part": "tables"}}, None)
