"""
Deploying, the same for every environment: the CDK CLI on the stacks of one stage.

`local` is the environment whose stacks go into the offline cloud; the command line starts it where needed.
"""

import json
import os
from pathlib import Path

from adapters import registry, stacks
from ops import cdk, cloud
from ops.progress import Steps

BUILD = Path("build")
LOCAL = "local"
TOOLKIT = "CDKToolkit"  # what `cdk bootstrap` prepares, once per account and region


class BootstrapFailed(RuntimeError):
    """The CDK could not prepare the offline cloud."""


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
    running = prepare(log=log)
    return cdk.run(*arguments, *_where(running), log=log, target=running.is_listening)


def prepare(*, fresh: bool = False, log: Path | None = None) -> cloud.Cloud:
    """
    An offline cloud that can be deployed to; *fresh* ends a running one first.

    Raises:
        CloudNotRunning, BootstrapFailed
    """
    running = cloud.start(fresh=fresh)
    if not stacks.exists(TOOLKIT):
        account = f"aws://000000000000/{os.environ['AWS_REGION']}"
        if cdk.run("bootstrap", account, "--app=", log=log, target=running.is_listening):
            raise BootstrapFailed(f"cdk bootstrap failed; its output is in {log or 'front of you'}")
    return running


def deploy_and_release(environment: str) -> int:
    """A published version keeps the code that it was published with, so a deploy alone changes no answer."""
    return deploy(environment) or _release(environment)


def _release(environment: str) -> int:
    """Started, not followed: watching a new version may take hours."""
    from ops import releases

    asked = releases.Asked(environment=environment, reason="deployed", is_followed=False)
    return releases.release(asked, models=())


def diff(environment: str) -> int:
    return _on_stacks("diff", environment)


def destroy(environment: str) -> int:
    """Remove the stacks, and the data that does not outlive them: what is not empty would stop it."""
    if environment == LOCAL:
        cloud.enter()
    ingestion, training = f"skiff-{environment}-Ingestion", f"skiff-{environment}-Training"
    for stack in (ingestion, training):
        for bucket in stacks.what_goes(stack, "AWS::S3::Bucket"):
            stacks.empty_bucket(bucket)
    for group in stacks.what_goes(training, "AWS::SageMaker::ModelPackageGroup"):
        registry.delete_versions(group.rpartition("/")[2])
    return _on_stacks("destroy", environment, *(["--force"] if environment == LOCAL else []))


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
    log = cloud.STATE / "logs" / "deploy.log"
    with Steps().step("deploy", "Deploy five stacks"):
        prepare(log=log)
        code = deploy(LOCAL, log=log)
    if code:
        print(f"cdk deploy failed; its output is in {log}")
        return code
    _release(LOCAL)
    print(hello())
    return 0


def hello() -> str:
    return HELLO.format(url=url(cloud.enter()))


def url(running: cloud.Cloud) -> str:
    """The HTTP API of the offline cloud: its own host name does not resolve without DNS, this path does."""
    return f"{running.endpoint}/_aws/execute-api/{outputs(LOCAL)['ApiId']}/$default"


HELLO = """
Skiff is up. Try:

  # send an event
  curl -s '{url}/events' -H 'X-Write-Key: demo-shop-key' -d '{{"events": [{{"name": "view_item",
    "occurred_at": 1767225600000, "client_id": "me", "items": [{{"item_id": "tea"}}]}}]}}'

  # ask what to show next; before a model is released the baseline answers, with nothing
  curl -s '{url}/predict/next_item' -H 'X-Write-Key: demo-shop-key' -d '{{"client_id": "me",
    "events": [{{"name": "view_item", "items": [{{"item_id": "tea"}}]}}]}}'

  make run KEEP=1   the whole way first, so that a trained model answers
  make status       what runs, and where its logs are
  make down         end it
"""
