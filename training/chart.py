"""
Estimates as dots with their 95 % intervals, one line each on a common scale, in inline SVG. The card draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from domain.evaluation import Estimate

ROW, LABEL, PLOT, NUMBERS = 26, 220, 380, 200  # pixels: height of a line, widths of its three parts
DOT = 4


@dataclass(frozen=True, kw_only=True)
class Line:
    label: str
    estimate: Estimate
    is_own: bool = True  # of the model that the card is about


def dots(lines: Sequence[Line], *, mark: float | None = None, mark_label: str = "") -> str:
    """
    Args:
        mark: a value to draw a line at, such as what is needed.
    """
    values = [end for line in lines for end in (line.estimate.low, line.estimate.high)] + [0.0]
    low, high = min([*values, mark or 0.0]), max([*values, mark or 0.0])
    scale = PLOT / ((high - low) or 1.0)
    height = ROW * len(lines) + (ROW if mark is not None else 4)
    parts = [_line(line, number, low, scale) for number, line in enumerate(lines)]
    if mark is not None:
        x = LABEL + (mark - low) * scale
        parts += [
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{height - ROW + 4}"/>',
            f'<text class="layer" x="{x:.1f}" y="{height - 6}" text-anchor="middle">',
            f"{escape(mark_label)}</text>",
        ]
    zero = LABEL - low * scale
    parts.append(f'<line class="axis" x1="{zero:.1f}" x2="{zero:.1f}" y1="2" y2="{ROW * len(lines)}"/>')
    width = LABEL + PLOT + NUMBERS
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<div class="scroll"><svg {size} role="img">{"".join(parts)}</svg></div>'


def _line(line: Line, number: int, low: float, scale: float) -> str:
    y = ROW * number + ROW // 2
    value, left, right = (
        LABEL + (end - low) * scale for end in (line.estimate.value, line.estimate.low, line.estimate.high)
    )
    kind = "own" if line.is_own else "other"
    return (
        f'<g class="{kind}"><text x="0" y="{y + 4}">{escape(line.label)}</text>'
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y}" y2="{y}"/>'
        f'<circle cx="{value:.1f}" cy="{y}" r="{DOT}"/>'
        f'<text x="{LABEL + PLOT + 14}" y="{y + 4}">{told(line.estimate)}</text></g>'
    )


def told(estimate: Estimate) -> str:
    return f"{estimate.value:.3f}  ({estimate.low:.3f} to {estimate.high:.3f})"
