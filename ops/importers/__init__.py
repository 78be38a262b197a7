"""
Public formats of events, one module each, to import history instead of waiting for it.
"""

from contextlib import closing
from pathlib import Path

from ops.importers import bol_clicks, coveo, ga4, online_retail, otto, rees46
from ops.importers.files import File, WrongFile
from ops.importers.reading import Format

__all__ = ["FORMATS", "Format", "WrongFile", "find"]

FORMATS = {
    module.FORMAT.name: module.FORMAT for module in (bol_clicks, rees46, online_retail, otto, ga4, coveo)
}


def find(folder: Path) -> tuple[Path, Format]:
    """
    The first file in *folder*, by name, that is of a known format.

    Raises:
        WrongFile: there is none.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and (format := _format(path)):
            return path, format
    raise WrongFile(f"{folder}: expected a folder with a file of {', '.join(FORMATS)}")


def _format(path: Path) -> Format | None:
    try:
        with closing(File(path)) as file:
            columns = file.columns
    except WrongFile:
        return None
    return next((format for format in FORMATS.values() if format.columns <= columns), None)
