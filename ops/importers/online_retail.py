"""
UCI Online Retail (CC BY 4.0): an invoice's lines become one `purchase` or `refund`, and the money adds up.

What is decided here, so that purchases minus refunds are the sum of Quantity * UnitPrice, to the cent:

- An invoice that starts with C, or takes back more than it gives (a negative total, or only negative
  quantities: adjustments of bad debt, stock written off), is a refund; what it takes is written positive.
- Equal lines of an invoice are kept: two of the same were sold. They are counted, as a note.
- An invoice of more items than an event may hold, of more than one day, or that goes on after another one,
  is written in parts with transaction ids of their own: 536365, 536365/2, … Each is of its first line's time.
- The times name no zone and are taken as UTC. A missing customer is a visitor of one invoice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from domain.events import MAX_ITEMS
from ops.importers.files import Unreadable
from ops.importers.reading import Event, Format, Reading, given, number, whole

CURRENCY = "GBP"
COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)


@dataclass(frozen=True, kw_only=True)
class Line:
    invoice: str
    item_id: str
    item_name: str
    quantity: int
    occurred_at: datetime
    price: Decimal
    customer: str | None
    country: str | None

    @property
    def invoice_day(self) -> tuple[str, date]:
        return self.invoice, self.occurred_at.date()

    @property
    def total(self) -> Decimal:
        return self.quantity * self.price


def _events(reading: Reading) -> Iterator[Event]:
    parts: Counter[str] = Counter()  # the one thing that grows: a number per invoice
    for first_row, lines in _orders(reading.each(_numbered(reading), _line)):
        invoice = lines[0].invoice
        parts[invoice] += 1
        order = f"{invoice}/{parts[invoice]}" if parts[invoice] > 1 else invoice
        _take_notes(reading, lines, is_part=parts[invoice] > 1)
        yield from reading.attempt(first_row, (order, lines), lambda part: reading.checked([_event(*part)]))


def _numbered(reading: Reading) -> Iterator[tuple[int, Any]]:
    """Rows that know their own number: an event is made of many."""
    for number_, row in reading.file_rows():
        yield number_, row if isinstance(row, Unreadable) else {**row, "number": number_}


def _line(row: dict[str, Any]) -> list[tuple[int, Line]]:
    if not row["InvoiceNo"] or not row["StockCode"]:
        raise Unreadable("InvoiceNo and StockCode must be given")
    customer = row["CustomerID"]
    line = Line(
        invoice=str(row["InvoiceNo"]),
        item_id=str(row["StockCode"]),
        item_name=(row["Description"] or "").strip(),
        quantity=whole(row, "Quantity"),
        occurred_at=_moment(row["InvoiceDate"]),
        price=Decimal(repr(number(row, "UnitPrice"))),
        customer=None if customer in (None, "") else str(whole(row, "CustomerID")),
        country=row["Country"],
    )
    return [(row["number"], line)]


def _moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unreadable(f"InvoiceDate must be a date and time, not {value!r}") from None
    return moment.replace(tzinfo=UTC)


def _orders(lines: Iterable[tuple[int, Line]]) -> Iterator[tuple[int, list[Line]]]:
    """Lines that follow each other, of one invoice and day, as many as one event may hold."""
    order: list[Line] = []
    first_row = 0
    for row, line in lines:
        if order and (line.invoice_day != order[0].invoice_day or len(order) == MAX_ITEMS):
            yield first_row, order
            order = []
        if not order:
            first_row = row
        order.append(line)
    if order:
        yield first_row, order


def _take_notes(reading: Reading, lines: list[Line], *, is_part: bool) -> None:
    reading.notes["further parts of an invoice"] += is_part
    reading.notes["equal lines of an invoice, kept"] += len(lines) - len(set(lines))
    reading.notes["lines with a price of zero or less"] += sum(line.price <= 0 for line in lines)
    is_cancelled = lines[0].invoice.startswith("C")
    reading.notes["refunds that are adjustments, not cancellations"] += _is_refund(lines) and not is_cancelled


def _is_refund(lines: list[Line]) -> bool:
    is_taken_back = all(line.quantity < 0 for line in lines) or sum(line.total for line in lines) < 0
    return lines[0].invoice.startswith("C") or is_taken_back


def _event(order: str, lines: list[Line]) -> Event:
    first = lines[0]
    is_refund = _is_refund(lines)
    value = sum((line.total for line in lines), Decimal(0))
    return given(
        name="refund" if is_refund else "purchase",
        occurred_at=int(first.occurred_at.timestamp()) * 1000,
        client_id=first.customer or f"invoice-{first.invoice}",
        user_id=first.customer,
        transaction_id=order,
        currency=CURRENCY,
        value=_exact(-value if is_refund else value),
        items=[_item(line, is_refund=is_refund) for line in lines],
        country=first.country,
    )


def _item(line: Line, *, is_refund: bool) -> dict[str, Any]:
    """Of a refund, what was taken back: either its quantity or its price is negative in the file."""
    quantity, price = line.quantity, line.price
    if is_refund:
        quantity, price = (-quantity, price) if quantity < 0 else (quantity, -price)
    return given(item_id=line.item_id, item_name=line.item_name, price=_exact(price), quantity=quantity)


def _exact(amount: Decimal) -> float:
    """A float whose shortest spelling, which JSON writes, is the amount to the last digit."""
    value = float(amount)
    if Decimal(repr(value)) != amount:
        raise Unreadable(f"{amount} has more digits than a JSON number keeps")
    return value


FORMAT = Format(name="online-retail", columns=frozenset(COLUMNS), events=_events)
