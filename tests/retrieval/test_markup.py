from __future__ import annotations

import pytest

from retrieval.blocks import Block
from retrieval.markup import read


def told(blocks: list[Block]) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks]


def test_markdown_becomes_visible_text() -> None:
    body = "# Export\n\nOpen **Reports** & choose [Export](https://x.example).\n\n- CSV\n- `XLSX`\n\n    keep  this"

    assert told(read(body, "markdown"))[:4] == [
        ("heading", "Export"),
        ("text", "Open Reports & choose Export."),
        ("item", "CSV"),
        ("item", "XLSX"),
    ]


def test_steps_keep_their_numbers_and_depth() -> None:
    steps = read("3. Open it\n4. Choose\n   1. this\n   2. or that\n5. Save\n", "markdown")

    assert [(step.kind, step.number, step.level, step.text) for step in steps] == [
        ("step", 3, 1, "Open it"),
        ("step", 4, 1, "Choose"),
        ("step", 1, 2, "this"),
        ("step", 2, 2, "or that"),
        ("step", 5, 1, "Save"),
    ]


def test_code_keeps_its_lines_and_tables_their_rows() -> None:
    body = "```\nfirst  line\nsecond\n```\n\n| plan | limit |\n|---|---|\n| free | 10 |\n"

    assert told(read(body, "markdown")) == [
        ("code", "first  line\nsecond"),
        ("row", "plan | limit"),
        ("row", "free | 10"),
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script><p>seen</p>",
        "<p>seen</p><style>p{}</style>",
        "<div id=toc><ul><li>contents<ul><li>more</ul></ul></div><p>seen",
        "<iframe src=x>old browser</iframe>seen",
        "<svg><text>drawn</text></svg>seen",
        "<p onclick='steal()'>seen</p><img src=x onerror=alert(1)>",
        "<nav><a href=/>home</a></nav>seen",
    ],
)
def test_only_what_a_reader_sees_is_read(html: str) -> None:
    assert [block.text for block in read(html, "html")] == ["seen"]


def test_broken_html_is_still_text() -> None:
    assert told(read("<p>one<p>two<ul><li>three<li>four</ol></div>&amp; five &unknown;", "html")) == [
        ("text", "one"),
        ("text", "two"),
        ("item", "three"),
        ("item", "four"),
        ("text", "& five &unknown;"),
    ]


def test_headings_carry_the_anchor_that_a_link_needs() -> None:
    (given,) = read('<h2 id="w_reset">Reset it</h2>', "html")
    (made,) = read("## Reset it, now!", "markdown")

    assert (given.anchor, given.level) == ("w_reset", 2)
    assert made.anchor == "reset-it-now"


def test_plain_text_is_divided_at_blank_lines() -> None:
    assert told(read("one\nline\n\n  \n<b>two</b>", "text")) == [("text", "one line"), ("text", "<b>two</b>")]


def test_deep_nesting_and_endless_tags_end() -> None:
    assert read("<div>" * 50_000 + "deep", "html")[-1].text == "deep"
    assert read("<ul><li>" * 2_000 + "deep", "html")[-1].text == "deep"
