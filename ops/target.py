"""
An environment as somebody who brings events sees it: its collector, its sites and their keys, its lake.
"""

import json
import os
from dataclasses import dataclass

from adapters import functions
from domain.other_settings import CollectSettings
from ops import cloud, deploy


class NoSuchSite(ValueError):
    """The environment's collector knows no such site."""


class NotDeployed(RuntimeError):
    """Nothing is known of such an environment on this machine."""


@dataclass(frozen=True, kw_only=True)
class Target:
    url: str
    lake: str
    write_keys: dict[str, str]  # write key → site

    def site(self, name: str | None) -> str:
        """
        The site called *name*, or the first one.

        Raises:
            NoSuchSite
        """
        sites = list(self.write_keys.values())
        if name is not None and name not in sites:
            raise NoSuchSite(f"{name!r} is none of the sites {', '.join(sites)}")
        return name or sites[0]

    def write_key(self, site: str) -> str:
        return next(key for key, its_site in self.write_keys.items() if its_site == site)


def find(environment: str) -> Target:
    """
    Raises:
        NotDeployed, CloudNotRunning
    """
    running = cloud.enter() if environment == deploy.LOCAL else None
    try:
        outputs = deploy.outputs(environment)
    except (FileNotFoundError, json.JSONDecodeError):
        raise NotDeployed(
            f"{environment} was not deployed from here: `make deploy ENV={environment}`"
        ) from None
    os.environ.setdefault("AWS_REGION", outputs["PipelineArn"].split(":")[3])
    settings = CollectSettings.from_env(functions.environment(outputs["CollectFunction"]))
    return Target(
        url=deploy.url(running) if running else outputs["ApiUrl"],
        lake=outputs["LakeBucket"],
        write_keys=dict(settings.write_keys),
    )
