"""
The four environments, side by side: what differs between two of them is what differs between two blocks.

Only `cdk_app.py` chooses among them.
"""

from dataclasses import dataclass
from typing import Literal

from training import contracts


@dataclass(frozen=True, kw_only=True)
class Snowflake:
    """
    How functions reach Snowflake.

    `host`, `port` and `protocol` matter where the account's name does not lead to it: a private link, or the
    server that stands in for it on one machine. By default a function's role is its Snowflake user (workload
    identity), and nobody holds a secret. Else `login` begins the names of two in Secrets Manager, made by
    hand: `<login>/platform` and `<login>/transform`, JSON objects with `authenticator` and its key or token.
    A key pair is {"authenticator": "SNOWFLAKE_JWT", "private_key": PEM, "passphrase": only if it has one}.
    """

    account: str
    host: str = ""
    port: int = 443
    protocol: str = "https"
    login: str = ""


@dataclass(frozen=True, kw_only=True)
class Jwt:
    """Tokens of an OpenID provider; API Gateway checks signature, issuer, audience and time."""

    issuer: str  # its address, as https://shop.example/oidc
    audience: tuple[str, ...]  # of which a token has to name one


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """How a version that has been proven on its own gets to answer everybody."""

    share: float = 0.1  # of the requests, while it is watched
    watch_seconds: int = 900
    judge_seconds: int = 60  # between two looks; the first broken limit ends it
    patience_seconds: int = 6 * 3600  # how long to wait for enough requests
    minimum_answers: int = 200
    unproven: str = "undo"  # promote or undo: where there were not enough requests by then
    kept_releases: int = 5  # that can be gone back to


@dataclass(frozen=True, kw_only=True)
class Environment:
    name: str
    account: str
    region: str
    snowflake: Snowflake
    write_keys: dict[str, str]  # write key → site; identifies a source, is public, is no secret
    server_keys: dict[str, str]  # write key → site; what comes by one is signed with its own secret
    allowed_origins: tuple[str, ...]  # browsers on these origins may send events and ask for predictions
    models: tuple[str, ...] = contracts.models()  # those that are trained and served; all, or some by name
    watch_schedule: str | None = "cron(50 * * * ? *)"  # UTC; after the tables are up to date
    slo_windows: tuple[tuple[int, int, float], ...] = (  # long and short, in seconds; how fast it burns
        (3600, 300, 14.4),  # 2 % of a month's budget in an hour
        (21600, 1800, 6.0),  # 5 % in six hours
        (259200, 21600, 1.0),  # 10 % in three days
    )
    # who may ask for predictions, beside knowing a write key: anybody, who signs with IAM, who bears a token
    predict_auth: Literal["key", "iam"] | Jwt = "key"
    latency_objective_ms: float = 50.0  # 99 % of the answers take less
    slack: tuple[str, str] | None = None  # workspace and channel id, as AWS Chatbot knows them
    rollout: Rollout = Rollout()  # frozen
    deadline_ms: int = 250  # in which a model has to answer; else what it said before, or what is popular
    filter_seconds: int = 60  # between two looks at the item filters, by each process that predicts
    approval: str = "manual"  # auto: a model that passes its gates goes live without a person
    connector_layer: str | None = "build/layers/connector"  # None: the machine's Python has the connector
    training_wheels: str | None = "build/wheels"  # None: the machine's Python has what a job imports
    schedule: str | None = "cron(0 3 * * ? *)"  # UTC; when the pipeline runs by itself
    refresh_schedule: str | None = "cron(20 * * * ? *)"  # UTC; when the tables are brought up to date
    buffer_seconds: int = 300  # Firehose writes a file at the latest then; short means small files
    alarm_period_seconds: int = 60  # 10 and 30 are high-resolution, and dearer
    alarm_email: str | None = None
    monthly_budget_usd: int = 300
    retain_data: bool = True  # lake, artifacts and their key survive `destroy`
    github_repository: str | None = None  # owner@id/name@id, as GitHub signs it; None: no role for GitHub


ENVIRONMENTS = (
    Environment(
        name="local",
        account="000000000000",
        region="us-east-1",
        snowflake=Snowflake(account="skiff", host="127.0.0.1", port=4580, protocol="http"),
        write_keys={"demo-shop-key": "demo-shop", "probe": "probe"},
        server_keys={"demo-server-key": "demo-shop"},
        allowed_origins=("*",),
        approval="auto",
        filter_seconds=1,
        rollout=Rollout(
            watch_seconds=5, judge_seconds=2, patience_seconds=10, minimum_answers=10, unproven="promote"
        ),
        connector_layer=None,
        training_wheels=None,
        schedule=None,
        refresh_schedule=None,
        watch_schedule=None,
        slo_windows=((60, 10, 14.4), (120, 30, 6.0)),
        buffer_seconds=1,
        alarm_period_seconds=10,
        retain_data=False,
    ),
    Environment(
        name="dev",
        account="111111111111",
        region="eu-west-1",
        snowflake=Snowflake(account="myorg-dev"),
        write_keys={"change-me-dev": "shop", "probe": "probe"},
        server_keys={"change-me-dev-server": "shop"},
        allowed_origins=("https://dev.shop.example",),
        approval="auto",
        rollout=Rollout(watch_seconds=120, patience_seconds=300, unproven="promote"),
        schedule=None,
        refresh_schedule=None,
        watch_schedule=None,
        buffer_seconds=60,
        monthly_budget_usd=100,
        alarm_email="ml-team@shop.example",
        github_repository="my-org@1/skiff@2",
        retain_data=False,
    ),
    Environment(
        name="staging",
        account="222222222222",
        region="eu-west-1",
        snowflake=Snowflake(account="myorg-staging"),
        write_keys={"change-me-staging": "shop", "probe": "probe"},
        server_keys={"change-me-staging-server": "shop"},
        allowed_origins=("https://staging.shop.example",),
        approval="auto",
        monthly_budget_usd=200,
        alarm_email="ml-team@shop.example",
        github_repository="my-org@1/skiff@2",
    ),
    Environment(
        name="prod",
        account="333333333333",
        region="eu-west-1",
        snowflake=Snowflake(account="myorg-prod"),
        write_keys={"change-me-prod": "shop", "probe": "probe"},
        server_keys={"change-me-prod-server": "shop"},
        allowed_origins=("https://shop.example", "https://www.shop.example"),
        approval="manual",
        monthly_budget_usd=1000,
        alarm_email="ml-team@shop.example",
        github_repository="my-org@1/skiff@2",
    ),
)
