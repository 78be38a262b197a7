"""
Deploying, the same for every environment: the CDK CLI on the stacks of one stage.

`local` is the environment whose stacks go into the offline cloud; the command line starts it where needed.
"""

import json
import os
from pathlib import Path

from ops import cdk, cloud

BUILD = Path("build")
LOCAL = "local"


def deploy(environment: str, *, log: Path | None = None) -> int:
    """Deploy the stacks of *environment*; the outputs of each are kept for `outputs`."""
    arguments = [
        "deploy",
        f"{environment}/*",
        "--require-approval=never",
        "--concurrency=3",
        f"--outputs-file={_outputs_file(environment)}",
    ]
    if environment != LOCAL:
        return cdk.run(*arguments, log=log)
    running = cloud.start()
    if code := _bootstrap(log):
        return code
    return cdk.run(*arguments, *_where(running), log=log)


def _bootstrap(log: Path | None) -> int:
    """What a person prepares once per account; the offline cloud begins without it."""
    account = f"aws://000000000000/{os.environ['AWS_REGION']}"
    return cdk.run("bootstrap", account, "--app=", log=log)


def diff(environment: str) -> int:
    return _on_stacks("diff", environment)


def destroy(environment: str) -> int:
    return _on_stacks("destroy", environment, "--force")


def _on_stacks(command: str, environment: str, *options: str) -> int:
    if environment != LOCAL:
        return cdk.run(command, f"{environment}/*", *options)
    running = cloud.enter()
    return cdk.run(command, f"{environment}/*", *options, *_where(running))


def _where(running: cloud.Cloud) -> list[str]:
    return [f"--context=snowflake_port={running.snowflake_port}", f"--output={cloud.STATE / 'cdk.out'}"]


def outputs(environment: str) -> dict[str, str]:
    """What the stacks of *environment* gave out at their last deploy, by output name."""
    stacks = json.loads(_outputs_file(environment).read_text())
    return {name: value for values in stacks.values() for name, value in values.items()}


def _outputs_file(environment: str) -> Path:
    folder = cloud.STATE if environment == LOCAL else BUILD
    folder.mkdir(exist_ok=True)
    return folder / f"outputs-{environment}.json"


def up() -> int:
    """Deploy to the offline cloud, leave it running, and print requests to try."""
    if code := deploy(LOCAL):
        return code
    print(HELLO.format(url=url(cloud.enter())))
    return 0


def url(running: cloud.Cloud) -> str:
    """The HTTP API of the offline cloud: its own host name does not resolve without DNS, this path does."""
    return f"{running.endpoint}/_aws/execute-api/{outputs(LOCAL)['ApiId']}/$default"


HELLO = """
Skiff is up. Try:

  # send an event
  curl -s '{url}/events' -H 'X-Write-Key: demo-shop-key' -d '{{"events": [{{"name": "view_item",
    "occurred_at": 1767225600000, "client_id": "me", "items": [{{"item_id": "tea"}}]}}]}}'

  # ask what to show next; before a model is trained the baseline answers
  curl -s '{url}/predict/next_item' -H 'X-Write-Key: demo-shop-key' -d '{{"client_id": "me",
    "events": [{{"name": "view_item", "items": [{{"item_id": "tea"}}]}}]}}'

  make status    what runs, and where its logs are
  make down      end it
"""
