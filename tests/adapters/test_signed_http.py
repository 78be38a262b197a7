"""Signatures as AWS's own library makes them, and what is done when a service is slow or gone."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlencode

import pytest
from botocore import auth, awsrequest
from botocore import credentials as botocore_credentials
from hypothesis import given
from hypothesis import strategies as st

from adapters.signed_http import Answer, Client, Credentials, signed

AT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
PART = TEXT.filter(lambda text: "/" not in text and text.strip(".") != "")


def test_the_example_of_aws_s_documentation():
    """IAM user guide, "Signature Version 4 test suite": get-vanilla, but for the header that S3 asks for."""
    headers = signed(
        "GET",
        "examplebucket.s3.amazonaws.com",
        "/",
        service="s3",
        region="us-east-1",
        credentials=Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        at=datetime(2013, 5, 24, tzinfo=UTC),
        query={"lifecycle": ""},
    )

    # Amazon S3 API reference, "Examples: Signature calculations": GET Bucket Lifecycle
    assert headers["authorization"].endswith(
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    )


@given(
    st.sampled_from(["s3", "lambda"]),
    st.lists(PART, min_size=1, max_size=3),
    st.dictionaries(TEXT, TEXT, max_size=3),
    st.binary(max_size=40),
    st.sampled_from(["", "token"]),
)
def test_requests_are_signed_as_by_botocore(
    service: str, parts: list[str], query: dict[str, str], body: bytes, token: str
):
    path = "/" + "/".join(parts)
    ours = signed(
        "POST",
        "aws.example",
        path,
        service=service,
        region="eu-west-1",
        credentials=Credentials("KEY", "secret", token),
        at=AT,
        query=query,
        body=body,
    )

    assert ours["authorization"] == by_botocore(service, path, query, body, token=token)


def by_botocore(service: str, path: str, query: dict[str, str], body: bytes, *, token: str) -> str:
    url = f"https://aws.example{quote(path, safe='/-_.~')}"
    if query:
        url += f"?{urlencode(sorted(query.items()), quote_via=quote, safe='-_.~')}"
    request = awsrequest.AWSRequest("POST", url, data=body)
    frozen = botocore_credentials.Credentials("KEY", "secret", token or None)
    if service == "s3":
        signer: auth.SigV4Auth = auth.S3SigV4Auth(frozen, service, "eu-west-1")
    else:
        signer = auth.SigV4Auth(frozen, service, "eu-west-1")
        request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
    with patch.object(auth, "get_current_datetime", lambda: AT.replace(tzinfo=None)):
        signer.add_auth(request)
    return str(request.headers["Authorization"])


class Service:
    """An HTTP service on the loopback that does what a test says, request by request."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.then: list[Callable[[BaseHTTPRequestHandler], None]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.seen.append((self.path, headers))
                (service.then.pop(0) if service.then else answer)(self)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def client(self, *, timeout_seconds: float = 5.0) -> Client:
        env = {
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "KEY",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.server_port}",
        }
        return Client("lambda", env=env, timeout_seconds=timeout_seconds)


def answer(handler: BaseHTTPRequestHandler) -> None:
    body = json.dumps("here").encode()
    handler.send_response(418)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("ETag", '"1"')
    handler.end_headers()
    handler.wfile.write(body)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    thread = threading.Thread(target=service.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield service
    service.server.shutdown()
    thread.join()
    service.server.server_close()


def test_an_answer_is_told_whatever_its_status(service: Service):
    found = service.client().send("GET", "/a b", query={"x": "1 2"}, headers={"if-none-match": '"1"'})

    assert found == Answer(418, found.headers, b'"here"')
    assert found.headers["etag"] == '"1"'
    ((path, headers),) = service.seen
    assert path == "/a%20b?x=1%202"
    assert headers["if-none-match"] == '"1"'
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=KEY/")


def test_a_connection_that_has_gone_meanwhile_is_made_anew(service: Service):
    client = service.client()
    service.then = [answer, hang_up]

    assert [client.send("GET", "/").status for _ in range(2)] == [418, 418]
    assert len(service.seen) == 3


def test_a_service_that_keeps_hanging_up_is_an_error(service: Service):
    service.then = [hang_up, hang_up]

    with pytest.raises(ConnectionError):
        service.client().send("GET", "/")
    assert len(service.seen) == 2


def test_a_service_that_does_not_answer_in_time_is_not_asked_again(service: Service):
    over = threading.Event()
    service.then = [lambda _: over.wait(5) and None]

    with pytest.raises(TimeoutError):
        service.client(timeout_seconds=0.05).send("GET", "/")
    over.set()
    assert len(service.seen) == 1


def test_without_an_endpoint_of_its_own_a_client_goes_to_aws_by_tls():
    env = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "KEY", "AWS_SECRET_ACCESS_KEY": "secret"}

    connection = Client("s3", env=env, timeout_seconds=1)._connection

    assert (type(connection).__name__, connection.host) == ("HTTPSConnection", "s3.eu-west-1.amazonaws.com")
