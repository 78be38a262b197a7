import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters import layer
from domain import layer as packing
from domain.artifact import BrokenArtifact
from domain.layer import Release
from tests.artifacts import sealed


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    """A layer on the path, as Lambda has it."""
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "table.u32").write_bytes(b"\1\0\0\0")
    manifest = sealed(folder)
    release = Release.of_one(release_id="r-1", model="next_item", version="1", digest=manifest.digest)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    content = packing.build(release, {"champion": files})
    zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path / "opt")
    monkeypatch.setattr(layer, "_package", lambda: tmp_path / "opt" / packing.PACKAGE)
    return release


def test_a_layer_says_which_release_it_is(release: Release):
    assert layer.release() == release
    assert (layer.folder("champion") / "table.u32").exists()


def test_a_layer_as_it_was_packed_passes(release: Release):
    layer.check(release.arms[0], model="next_item", format="next_item/3")


@pytest.mark.parametrize(("model", "format"), [("top_items", "next_item/3"), ("next_item", "next_item/1")])
def test_a_model_that_the_code_cannot_read_is_broken(release: Release, model: str, format: str):
    with pytest.raises(BrokenArtifact, match=f"expected {model} in {format}"):
        layer.check(release.arms[0], model=model, format=format)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text("{"),
        lambda path: path.write_text("{}"),
        lambda path: path.write_text('{"release_id": "r-1", "model": "m", "arms": [{"name": "a"}]}'),
        lambda path: path.unlink(),
    ],
)
def test_a_layer_that_does_not_say_what_it_is_is_broken(release: Release, damage: Callable[[Path], object]):
    damage(layer.folder("champion").parent / "release.json")

    with pytest.raises(BrokenArtifact, match=r"release\.json"):
        layer.release()
