"""What a training job reads from and writes to S3, with the credentials of its role."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import boto3

from local.aws import container


class NoInput(FileNotFoundError):
    """A channel names a prefix under which there is nothing."""


@dataclass(frozen=True, kw_only=True)
class JobFiles:
    credentials: Mapping[str, str]

    def download(self, root: Path, request: container.Request) -> None:
        """Fetch every channel, and the checkpoints that an interrupted job left."""
        for channel in request.get("InputDataConfig") or ():
            name, uri = channel["ChannelName"], channel["DataSource"]["S3DataSource"]["S3Uri"]
            if not self._fetch(uri, root / "input/data" / name):
                raise NoInput(f"no object under {uri}, the S3Uri of channel {name}")
        if checkpoints := (request.get("CheckpointConfig") or {}).get("S3Uri"):
            self._fetch(checkpoints, root / "checkpoints")

    def upload_output(self, root: Path, request: container.Request) -> str:
        """Upload model.tar.gz and output.tar.gz; returns the model's address."""
        prefix = (
            f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{request['TrainingJobName']}/output"
        )
        if any((root / "output/data").iterdir()):
            self._put(container.pack(root / "output/data", root / "output.tar.gz"), f"{prefix}/output.tar.gz")
        self._put(container.pack(root / "model", root / "model.tar.gz"), f"{prefix}/model.tar.gz")
        return f"{prefix}/model.tar.gz"

    def upload_checkpoints(self, root: Path, request: container.Request) -> None:
        target = (request.get("CheckpointConfig") or {}).get("S3Uri", "")
        for file in (root / "checkpoints").rglob("*") if target else ():
            if file.is_file():
                self._put(file, f"{target.rstrip('/')}/{file.relative_to(root / 'checkpoints').as_posix()}")

    def _fetch(self, uri: str, folder: Path) -> int:
        folder.mkdir(parents=True, exist_ok=True)
        bucket, prefix = _parse(uri)
        pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        for key in keys:
            target = folder / _name_below(key, prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._s3().download_file(bucket, key, str(target))
        return len(keys)

    def _put(self, file: Path, uri: str) -> None:
        bucket, key = _parse(uri)
        self._s3().upload_file(str(file), bucket, key)

    def _s3(self) -> Any:
        session = boto3.session.Session(
            aws_access_key_id=self.credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.credentials["AWS_SESSION_TOKEN"],
        )
        return session.client("s3")


def _parse(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _name_below(key: str, prefix: str) -> str:
    """Where SageMaker puts *key*: below the prefix's folder, or its own name if the prefix is the key."""
    folder = (
        prefix if prefix.endswith("/") or key.startswith(f"{prefix}/") else str(PurePosixPath(prefix).parent)
    )
    return key.removeprefix(folder).lstrip("/") or PurePosixPath(key).name
