"""Documents of Atlassian as a reader sees them."""

from __future__ import annotations

from typing import Any

import pytest

from serving.helpdesks.vendors import atlassian_document


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attrs}


def say(words: str, *marks: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": list(marks)}


DOCUMENTS: list[tuple[Any, str]] = [
    ("plain <b>text</b>", "plain text"),
    (None, ""),
    ({}, ""),
    (node("doc", node("paragraph", say("a"), say("b"))), "ab"),
    (node("doc", node("paragraph", say("a"), node("hardBreak"), say("b"))), "a\nb"),
    (node("doc", node("heading", say("Steps")), node("paragraph"), node("paragraph", say("one"))), "Steps\none"),
    (
        node(
            "doc",
            node(
                "bulletList",
                node("listItem", node("paragraph", say("one")), node("paragraph", say("more"))),
                node(
                    "listItem",
                    node("paragraph", say("two")),
                    node("bulletList", node("listItem", node("paragraph", say("sub")))),
                ),
            ),
        ),
        "- one\n  more\n- two\n  - sub",
    ),
    (node("doc", node("blockquote", node("paragraph", say("old")))), "> old"),
    (node("doc", node("codeBlock", say("x = 1\ny = 2"))), "x = 1\ny = 2"),
    (
        node(
            "doc",
            node(
                "table",
                node(
                    "tableRow",
                    node("tableHeader", node("paragraph", say("a"))),
                    node("tableCell", node("paragraph", say("b"))),
                ),
            ),
        ),
        "a | b",
    ),
    (node("doc", node("paragraph", node("mention", text="@Bob"), say(" look"))), "@Bob look"),
    (node("doc", node("paragraph", node("emoji", shortName=":smile:"))), ":smile:"),
    (node("doc", node("paragraph", node("inlineCard", url="https://a.example"))), "https://a.example"),
    (node("doc", node("blockCard", url="https://a.example")), "https://a.example"),
    (
        node("doc", node("paragraph", say("here", {"type": "link", "attrs": {"href": "https://a.example"}}))),
        "here (https://a.example)",
    ),
    (node("doc", node("panel", node("paragraph", say("note")))), "note"),
    (node("doc", node("mediaSingle", node("media", id="7"))), ""),
]


@pytest.mark.parametrize(("document", "words"), DOCUMENTS)
def test_a_document_of_atlassian_is_read_as_a_reader_sees_it(document: Any, words: str) -> None:
    assert atlassian_document.read(document) == words


def test_a_document_that_is_nested_without_end_is_read_to_a_bound() -> None:
    deep: Any = node("paragraph", say("bottom"))
    for _ in range(5_000):
        deep = node("panel", deep)
    assert atlassian_document.read(node("doc", deep, node("paragraph", say("after")))) == "after"
