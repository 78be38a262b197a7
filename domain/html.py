"""
Pages that people read: one look, no script, nothing from elsewhere. Checks, documentation and model cards.
"""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

PAGE = Path(__file__).with_name("page.html")


def page(title: str, *parts: str) -> str:
    """*parts* are HTML already, *title* is not."""
    return Template(PAGE.read_text(encoding="utf-8")).substitute(title=escape(title), body="\n".join(parts))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML already, the head is not."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead>{lines}</table></div>'


def folded(title: str, content: str) -> str:
    """*content*, seen on a click."""
    return f"<details><summary>{title}</summary>{content}</details>"


def sql(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"
