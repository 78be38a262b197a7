"""
Pipes: a bucket notifies their queue, and they load what the messages name, many files in one COPY.

As in Snowflake there is one queue for all pipes that read a bucket; a pipe loads what lies below its stage.
"""

import json
import logging
import re
import threading
from typing import Any
from urllib.parse import unquote_plus

from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor

from local.snowflake.account import Account, Pipe
from local.snowflake.load import copy_into_table

MAX_MESSAGES = 1000  # in one COPY
WAIT_SECONDS = 5  # a long poll: a message ends it at once
LOG = logging.getLogger(__name__)


def create(account: Account, cursor: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    database, schema, name = _full_name(cursor, match["pipe"])
    if f"{database}.{schema}.{name}" in account.pipes:
        return f"select '{name} already exists, statement succeeded.' as \"status\""  # an identifier
    url, arn = _queue(account.sqs, f"snowflake-{database}".lower())
    is_heard = any(pipe.queue_url == url for pipe in account.pipes.values())
    pipe = Pipe(database=database, schema=schema, name=name, copy=match["copy"], queue_url=url, queue_arn=arn)
    account.pipes[pipe.full_name] = pipe
    if account.is_listening and not is_heard:
        connection = FakeSnowflakeConnection(cursor._duck_conn.cursor(), {}, database)
        threading.Thread(target=listen, args=(account, connection, url), daemon=True).start()
    return f"select 'Pipe {name} successfully created.' as \"status\""  # an identifier


def show(account: Account, _: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    rows = [
        f"select '{pipe.name}' as \"name\", '{pipe.database}' as \"database_name\", "  # identifiers
        f"'{pipe.schema}' as \"schema_name\", '{pipe.queue_arn}' as \"notification_channel\""
        for pipe in account.pipes.values()
        if (match["like"] or pipe.name).upper() == pipe.name
    ]
    return " union all ".join(rows) or 'select null as "name", null as "notification_channel" where false'


def refresh(account: Account, cursor: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    """Load at once what lies below the stage; in Snowflake this is queued."""
    pipe = account.pipes[".".join(_full_name(cursor, match["pipe"]))]
    return copy_into_table(account, cursor, pipe.copy, loader=pipe.full_name)


def listen(account: Account, connection: FakeSnowflakeConnection, queue_url: str) -> None:
    while True:
        try:
            drain(account, connection, queue_url, wait_seconds=WAIT_SECONDS)
        except Exception:  # a thread that ends would stop the pipes without a word; the messages come back
            LOG.exception("pipes of %s", queue_url)
            threading.Event().wait(WAIT_SECONDS)


def drain(
    account: Account, connection: FakeSnowflakeConnection, queue_url: str, *, wait_seconds: int = 0
) -> int:
    """Load the files of all messages that wait, then delete these; how many files the messages named."""
    messages = _received(account.sqs, queue_url, wait_seconds)
    files = {file for message in messages for file in named(message["Body"])}
    pipes = [pipe for pipe in account.pipes.values() if files and pipe.queue_url == queue_url]
    for pipe in pipes:
        copy_into_table(account, connection.cursor(), pipe.copy, loader=pipe.full_name, only=files)
    for message in messages:
        account.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return len(files)


def named(body: str) -> list[str]:
    """The keys in an S3 notification; the message that only tests the connection has none."""
    return [unquote_plus(record["s3"]["object"]["key"]) for record in json.loads(body).get("Records", [])]


def _received(sqs: Any, url: str, wait_seconds: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < MAX_MESSAGES:
        wait = 0 if found else wait_seconds
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        if not answer.get("Messages"):
            break
        found += answer["Messages"]
    return found


def _queue(sqs: Any, name: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})  # Snowflake's lets any bucket in
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def _full_name(cursor: FakeSnowflakeCursor, name: str) -> tuple[str, str, str]:
    schema, _, pipe = name.upper().rpartition(".")
    return cursor._conn.database, schema or cursor._conn.schema, pipe
