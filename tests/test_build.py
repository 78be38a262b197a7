"""What `make build` makes must be the same in every clone: its hash goes into the templates."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYER = ROOT / "build" / "layers" / "connector"


def test_the_connector_layer_knows_no_path_of_this_machine() -> None:
    assert LAYER.is_dir(), "make build makes it"
    here = str(ROOT).encode()

    told = [file for file in LAYER.rglob("*") if file.is_file() and here in file.read_bytes()]

    assert told == []


def test_the_connector_layer_fits_a_function() -> None:
    """250 MB unzipped, layers and code together (Lambda quotas, 2026-11)."""
    size_bytes = sum(file.stat().st_size for file in LAYER.rglob("*") if file.is_file())

    assert size_bytes < 150 * 1024 * 1024
    assert (LAYER / "python" / "snowflake" / "connector").is_dir()
