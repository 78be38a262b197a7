"""
AWS's APIs in the standard library: a request signed with Signature Version 4, sent, and its answer.

For what runs beside the request path, where boto3 would cost more than everything else together. Steps and
names are those of "Create a signed AWS API request" in AWS's IAM user guide.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"


class Credentials(NamedTuple):
    key_id: str
    secret: str
    token: str = ""  # of a role; empty for a user


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


def signed(
    method: str,
    host: str,
    path: str,
    *,
    service: str,
    region: str,
    credentials: Credentials,
    at: datetime,
    query: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> dict[str, str]:
    """
    The headers that a request needs to be let in; whatever others it has are not signed.

    Args:
        path: as it is meant, not escaped.
    """
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    content = sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": content, "x-amz-date": moment}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(headers))
    told = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    escaped = _path(path)
    # S3 alone takes a path as it was sent; the others escape it once more
    canonical = escaped if service == "s3" else _path(escaped)
    request = "\n".join((method, canonical, _query(query), told, names, content))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\n".join((ALGORITHM, moment, scope, sha256(request.encode()).hexdigest()))
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    stamp = (
        f"{ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return {**headers, "authorization": stamp}


def _path(path: str) -> str:
    return quote(path, safe=f"/{UNRESERVED}")


def _query(query: Mapping[str, str] | None) -> str:
    pairs = sorted(
        (quote(key, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for key, value in (query or {}).items()
    )
    return "&".join(f"{key}={value}" for key, value in pairs)


class Client:
    """A service, over one connection that is kept; for one thread at a time."""

    def __init__(self, service: str, *, env: Mapping[str, str], timeout_seconds: float) -> None:
        """
        Args:
            env: what Lambda tells every function, and what leads AWS's own SDKs elsewhere.
        """
        self._service = service
        self._region = env["AWS_REGION"]
        self._credentials = Credentials(
            env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN", "")
        )
        address = urlsplit(env.get("AWS_ENDPOINT_URL") or f"https://{service}.{self._region}.amazonaws.com")
        connection = HTTPSConnection if address.scheme == "https" else HTTPConnection
        self._host = address.netloc
        self._connection = connection(address.netloc, timeout=timeout_seconds)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """
        What the service answers, whatever its status; asked twice where a connection had gone meanwhile.

        Raises:
            OSError, HTTPException: it does not answer, or not in time.
        """
        address = f"{_path(path)}?{_query(query)}" if query else _path(path)
        for is_last in (False, True):
            stamped = signed(
                method,
                self._host,
                path,
                service=self._service,
                region=self._region,
                credentials=self._credentials,
                at=datetime.now(UTC),
                query=query,
                body=body,
            )
            try:
                self._connection.request(method, address, body=body, headers={**(headers or {}), **stamped})
                response = self._connection.getresponse()
                found = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, found, response.read())
            except (OSError, HTTPException) as error:
                self.close()
                if is_last or isinstance(error, TimeoutError):
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        self._connection.close()
