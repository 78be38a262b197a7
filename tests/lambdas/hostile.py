"""
Bodies that nobody honest sends, each with the packing it claims. The collector has to refuse every one.
"""

import gzip
import json
import zlib
from typing import Any

KIB, MIB = 1024, 1024 * 1024
VIEW = {
    "name": "view_item",
    "occurred_at": 1_592_337_718_000,
    "client_id": "client-1",
    "items": [{"item_id": "sku-17"}],
}
VIEW_JSON = json.dumps(VIEW).encode()
WHOLE = b'{"events": [' + VIEW_JSON + b"]}"


def around(event: bytes) -> bytes:
    return b'{"events": [' + event + b"]}"


def beside(field: bytes) -> bytes:
    """A good event with one more field."""
    return around(VIEW_JSON[:-1] + b", " + field + b"}")


def of(**change: Any) -> bytes:
    return around(json.dumps({**VIEW, **change}).encode())


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


NOT_JSON: dict[str, bytes] = {
    "empty": b"",
    "one NUL": b"\0",
    "blanks": b" \n\t",
    "a word": b"events",
    "a form": b"name=view_item&client_id=1",
    "XML": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "JavaScript": b"{events: [{name: 'view_item'}]}",
    "a comment": b'{"events": [] /* none */}',
    "a comma too many": b'{"events": [{},]}',
    "single quotes": WHOLE.replace(b'"', b"'"),
    "truncated": WHOLE[:-1],
    "truncated in a text": WHOLE[:20],
    "truncated in an escape": b'{"events": ["\\u12',
    "two bodies": WHOLE * 2,
    "a line behind": WHOLE + b"\nx",
    "JSON lines": VIEW_JSON + b"\n" + VIEW_JSON,
    "a BOM": b"\xef\xbb\xbf" + WHOLE,
    "UTF-16": WHOLE.decode().encode("utf-16"),
    "UTF-16 without BOM": WHOLE.decode().encode("utf-16-le"),
    "UTF-32": WHOLE.decode().encode("utf-32"),
    "Latin-1": of(url="ä").replace(b"\\u00e4", b"\xe4"),
    "an overlong NUL": beside(b'"url": "\xc0\x80"'),
    "a surrogate in UTF-8": beside(b'"url": "\xed\xa0\xbd"'),
    "beyond Unicode": beside(b'"url": "\xf5\x80\x80\x80"'),
    "half a character": beside(b'"url": "\xe4\xba"'),
    "a raw NUL in a text": beside(b'"url": "a\0b"'),
    "a raw line break in a text": beside(b'"url": "a\nb"'),
    "a wrong escape": beside(b'"url": "\\x41"'),
    "NaN": beside(b'"value": NaN'),
    "Infinity": beside(b'"value": Infinity'),
    "-Infinity": beside(b'"value": -Infinity'),
    "1e999": beside(b'"value": 1e999'),
    "-1e999": beside(b'"value": -1e999'),
    "a number that begins with 0": beside(b'"value": 007'),
    "a number with a plus": beside(b'"value": +1'),
    "a hexadecimal number": beside(b'"value": 0x1F'),
    "digits of another script": beside('"value": ١٢'.encode()),
    "an integer of 5,000 digits": beside(b'"value": ' + b"9" * 5_000),
    "an integer of a million digits": beside(b'"value": ' + b"9" * 1_000_000),
    "a fraction beyond all numbers": beside(b'"value": ' + b"9" * 500_000 + b".5"),
    "depth 33": beside(b'"deep": ' + nested(33)),
    "depth 100,000": beside(b'"deep": ' + nested(100_000)),
    "half a million open brackets": b"[" * 500_000,
    "half a million open objects": b'{"a":' * 100_000,
    "a key twice": beside(b'"name": "purchase"'),
    "events twice": b'{"events": [' + VIEW_JSON + b'], "events": []}',
    "an escaped key twice": beside(b'"\\u006eame": "purchase"'),
    "a prototype twice": beside(b'"__proto__": {}, "__proto__": {"admin": true}'),
    "a million and one bytes of NUL": bytes(1_000_001),
}
NO_BATCH: dict[str, bytes] = {
    "null": b"null",
    "a number": b"17",
    "a text": b'"events"',
    "a list": around(VIEW_JSON)[11:-1],
    "an object without events": b"{}",
    "no events": b'{"events": []}',
    "events as an object": b'{"events": {"0": {}}}',
    "events as a text": b'{"events": "[{}]"}',
    "events null": b'{"events": null}',
    "501 events": b'{"events": [' + b"{}," * 500 + b"{}]}",
    "350,000 empty objects": b'{"events": [' + b"{}," * 349_000 + b"{}]}",
    "half a million empty lists": b'{"events": [' + b"[]," * 349_000 + b"[]]}",
    "a million letters too many": b'{"events": ["' + b"x" * MIB + b'"]}',
    "sent_at as a text": b'{"sent_at": "now", "events": [' + VIEW_JSON + b"]}",
    "sent_at in seconds": b'{"sent_at": 1592337718, "events": [' + VIEW_JSON + b"]}",
    "a write key that is a list": b'{"write_key": ["key-1"], "events": [' + VIEW_JSON + b"]}",
}
BAD_EVENTS: dict[str, bytes] = {
    "half an emoji": beside(b'"url": "\\ud83d"'),
    "the other half": beside(b'"url": "\\ude00"'),
    "halves the wrong way round": beside(b'"url": "\\ude00\\ud83d"'),
    "half an emoji as a key": beside(b'"\\ud83d": 1'),
    "an escaped NUL": beside(b'"url": "a\\u0000b"'),
    "NUL as a key": beside(b'"a\\u0000": 1'),
    "NUL deep down": beside(b'"a": [{"b": ["\\u0000"]}]'),
    "an event that is null": around(b"null"),
    "an event that is a list": around(b"[[]]"),
    "an event that is a text": around(b'"' + b"x" * 70_000 + b'"'),
    "a name that is an object": of(name={"$ne": None}),
    "a name of the system": of(name="prediction"),
    "an integer of 38 digits": of(value=10**38 - 1),
    "a value just too large": of(value=1e13),
    "true as a number": of(value=True),
    "a moment before 2000": of(occurred_at=0),
    "a moment after 2099": of(occurred_at=4_102_444_800_000),
    "a moment with a fraction": of(occurred_at=1_592_337_718_000.5),
    "an empty client id": of(client_id=""),
    "a client id of 257 letters": of(client_id="c" * 257),
    "items within items": of(items=[[{"item_id": "a"}]]),
    "201 items": of(items=[{"item_id": "a"}] * 201),
    "an item of an item": of(items=[{"item_id": {"item_id": "a"}}]),
    "consent to everything": of(consent=True),
    "SQL in a currency": of(currency="'; drop table raw.events; --"),
    "an event just too large": of(url="x" * 64 * KIB),
    "an event ten times too large": of(url="ü" * 320 * KIB),
    "a thousand fields without a name": around(
        json.dumps({f"field {number}": number for number in range(1_000)}).encode()
    ),
    "30 levels and no name": around(b'{"deep": ' + nested(29) + b"}"),
}
# with the Content-Encoding that comes with them
PACKED: dict[str, tuple[str, bytes]] = {
    "called gzip and none": ("gzip", WHOLE),
    "gzip cut": ("gzip", gzip.compress(WHOLE)[:-9]),
    "gzip without its checksum": ("gzip", gzip.compress(WHOLE)[:-8] + bytes(8)),
    "gzip with more behind": ("gzip", gzip.compress(WHOLE) + b"more"),
    "gzip twice": ("gzip", gzip.compress(gzip.compress(WHOLE))),
    "two gzip members": ("gzip", gzip.compress(WHOLE) * 2),
    "zlib called gzip": ("gzip", zlib.compress(WHOLE)),
    "an empty gzip": ("gzip", gzip.compress(b"")),
    "a bomb of NUL": ("gzip", gzip.compress(bytes(200 * MIB), compresslevel=9)),
    "a bomb of blanks": ("gzip", gzip.compress(b'{"events":[' + b" " * 100 * MIB, compresslevel=9)),
    "a bomb of brackets": ("gzip", gzip.compress(b"[" * MIB, compresslevel=9)),
    "packed and larger than a body": (
        "gzip",
        gzip.compress(zlib.compress(WHOLE, 0) * 9_000, compresslevel=0),
    ),
    "deflate": ("deflate", zlib.compress(WHOLE)),
    "br": ("br", b"\x8b\x03\x80" + WHOLE),
    "zstd": ("zstd", b"\x28\xb5\x2f\xfd" + WHOLE),
    "a list of packings": ("gzip, gzip", gzip.compress(gzip.compress(WHOLE))),
    "a packing nobody knows": ("x-evil\u00ff", WHOLE),
}

HOSTILE: dict[str, tuple[str | None, bytes]] = {
    **{name: (None, body) for name, body in {**NOT_JSON, **NO_BATCH, **BAD_EVENTS}.items()},
    **PACKED,
}
