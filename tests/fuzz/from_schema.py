"""Requests made from the API's description: right shapes, values at the edges, wrong types, deep nesting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from tests.fuzz.fragments import fragments

INSTANTS = ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "today"]
URLS = [
    "http://127.0.0.1:9/hook",
    "http://127.0.0.1:9/",
    "http://10.0.0.1/",
    "http://[::1]/",
    "ftp://x",
    "https://",
    "//x",
    "https://\udc80",
]
NUMBERS = [0, 1, -1, 2, 50, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308]
WRONG: list[Any] = [None, True, False, 0, -1, 1.5, 2**64, "", "x", [], {}, [None], {"": None}, [[[[]]]], ["x"] * 2_000]
SURROGATE = "\ud800"


class Values:
    """Makes values of schemas; some of them are wrong."""

    def __init__(self, schemas: Mapping[str, Any], chance: Random) -> None:
        self._schemas, self._chance = schemas, chance
        self._wrong = chance.choice([0.0, 0.0, 0.03, 0.2])  # of the values of one request
        self._odd = chance.choice([0.0, 0.2, 0.7])  # of its texts
        self._given = chance.choice([0.0, 0.2, 0.6])  # of the fields that may be left out

    def of(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """Make a value; not each part of it has the type that the schema names."""
        chance = self._chance
        if chance.random() < self._wrong:
            return chance.choice([*WRONG, SURROGATE, deep(chance), fragments(chance)])
        if "$ref" in schema:
            return self.of(self._schemas[schema["$ref"].rpartition("/")[2]], depth)
        if "oneOf" in schema:
            return self.of(without(schema, "oneOf") | chance.choice(schema["oneOf"]), depth)
        if "enum" in schema:
            return chance.choice(schema["enum"])
        kind = schema.get("type", "string")
        if isinstance(kind, list):
            kind = chance.choice(kind)
        make = {"object": self._object, "array": self._array, "integer": self._number, "number": self._number}.get(kind)
        if make:
            return make(schema, depth)
        return {"boolean": chance.random() < 0.5, "null": None}.get(kind) if kind != "string" else self._text(schema)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        chance, made = self._chance, {}
        for name, each in schema.get("properties", {}).items():
            if name in schema.get("required", ()) or (depth < 4 and chance.random() < self._given):
                made[name] = self.of({**each, "named": name}, depth + 1)
        if isinstance(more := schema.get("additionalProperties"), Mapping) and depth < 4:
            made |= {fragments(chance, 3): self.of(more, depth + 1) for _ in range(chance.choice([0, 1, 3]))}
        if made and chance.random() < self._wrong:
            del made[chance.choice(list(made))]
        if chance.random() < self._wrong:
            made[fragments(chance, 2)] = 1
        return made

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        edges = [schema.get("minItems", 0), 1, 2, min(schema.get("maxItems", 3), 20)]
        return [self.of(schema.get("items", {}), depth + 1) for _ in range(self._chance.choice(edges))]

    def _number(self, schema: Mapping[str, Any], depth: int) -> float:
        edges = [schema[each] + by for each in ("minimum", "maximum") if each in schema for by in (-1, 0, 1)]
        number: float = self._chance.choice([*NUMBERS, *edges * 3])
        return number

    def _text(self, schema: Mapping[str, Any]) -> str:
        chance = self._chance
        if schema.get("format") in {"date-time", "date"}:
            return chance.choice(INSTANTS)
        if "url" in schema.get("named", ""):
            return chance.choice(URLS)
        least, most = schema.get("minLength", 0), min(schema.get("maxLength", 5_000), 20_000)
        if chance.random() < self._odd:
            edges = ["a" * least, "a" * most, "é" * (most + 1), "字" * most, ""]
            return chance.choice([fragments(chance), chance.choice(edges)])
        if schema.get("examples"):
            return str(chance.choice(schema["examples"]))
        usual = ["export", "How do I reset my password?", "kim@example.com", "http://127.0.0.1:9/hook"]
        return chance.choice([each for each in usual if len(each) <= most] or ["a" * least])


def without(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: each for key, each in schema.items() if key != name}


def deep(chance: Random) -> Any:
    """Make a list or an object inside another, up to 600 times."""
    value: Any = "x"
    for _ in range(chance.choice([10, 60, 600])):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


def body(chance: Random, value: Any) -> bytes:
    """Write a value as JSON; now and then as what is nearly JSON, or as other bytes."""
    written = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    if chance.random() < 0.95:
        return written
    at = chance.randrange(len(written) + 1)
    cut = [written[:at], written + b"x", b"\xef\xbb\xbf" + written, written[:at] + b"\xff\xfe\x00" + written[at:], b""]
    return chance.choice([*cut, b"[" * 50_000, b'{"a":' * 20_000, b'"' + b"\\" * 30_001, b"1" * 100_000, b"NaN"])
