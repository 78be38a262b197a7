"""
A release as a Lambda layer: a zip that is the same to the byte whenever its files are.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

PACKAGE = "python/skiff_model"  # Lambda puts a layer's python/ on sys.path
MAX_BYTES = 240 * 1024 * 1024  # of what Lambda unpacks for a function, 250 MB in all
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold; the real one would change the digest

LIVE = "live"  # the alias of a predict function; what it leads to answers
CHAMPION = "champion"
CHALLENGER = "challenger"
SHADOW = "shadow"  # asked like the others, logged, never shown


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One model of a release, and whom it answers."""

    name: str  # champion, challenger or shadow; its files lie in the layer's folder of that name
    version: str  # what its answers carry
    digest: str  # of the artifact
    share: float  # of the visitors, 0 to 1; the shares of a release add up to 1, a shadow's is 0


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a layer says about itself. The one of the first deploy, before there is a model, has no arms."""

    release_id: str
    model: str
    arms: tuple[Arm, ...] = ()
    test_id: str = ""  # what visitors are assigned by: another test shuffles them anew

    @classmethod
    def of_one(cls, *, release_id: str, model: str, version: str, digest: str) -> Self:
        """The usual release: one model that answers everybody."""
        arm = Arm(name=CHAMPION, version=version, digest=digest, share=1.0)
        return cls(release_id=release_id, model=model, arms=(arm,))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """
        Raises:
            ValueError, TypeError, KeyError: it is not one.
        """
        values = json.loads(text)
        return cls(**{**values, "arms": tuple(Arm(**arm) for arm in values["arms"])})

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def build(
    release: Release, artifacts: Mapping[str, Mapping[str, bytes]], filters: Mapping[str, bytes] | None = None
) -> bytes:
    """
    Zip `release.json`, each arm's files and how large they are, and the item filters, for predicting.

    Stored, not deflated: the tables do not shrink by much, and Lambda unpacks them at every cold start.

    Args:
        artifacts: by arm, the artifact as trained: name → content.
        filters: by `domain.item_filter.key`.
    """
    import io
    import zipfile  # a tenth of a cold start, and answering needs none

    sizes = {arm: sum(map(len, files.values())) for arm, files in artifacts.items()}  # bytes
    entries = {
        f"{PACKAGE}/__init__.py": b"",
        f"{PACKAGE}/release.json": release.to_json().encode(),
        f"{PACKAGE}/sizes.json": json.dumps(sizes, sort_keys=True).encode(),
        **{f"{PACKAGE}/{key}": content for key, content in (filters or {}).items()},
        **{
            f"{PACKAGE}/{arm}/{name}": content
            for arm, files in artifacts.items()
            for name, content in files.items()
        },
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name])
    return out.getvalue()


def golden(layer: bytes, arm: str) -> list[dict[str, Any]]:
    """Read an arm's golden requests and their answers out of a layer."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        text = archive.read(f"{PACKAGE}/{arm}/golden.jsonl").decode()
    return [json.loads(line) for line in text.splitlines()]
