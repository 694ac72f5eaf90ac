from __future__ import annotations

import pytest

from retrieval.articles.blocks import Block
from retrieval.articles.markup import read


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
        ("item", "four& five &unknown;"),  # as in a browser: neither end tag ends the list item
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


def test_cells_of_several_lines_stay_one_row_and_the_head_is_told_apart() -> None:
    table = (
        "<table><thead><tr><th></th><th><p>Free</p></th></tr></thead>"
        "<tr><td><p>Seats</p><p>(people)</p></td><td><ul><li>1</li><li>2</li></ul></td></tr>"
        "<tr><td>Only this</td><td></td></tr></table><p>after</p>"
    )

    blocks = read(table, "html")

    assert told(blocks) == [("text", "Free"), ("row", "Seats (people) | 1 2"), ("text", "Only this"), ("text", "after")]


def test_a_table_for_the_layout_is_read_as_if_it_were_not_there() -> None:
    page = "<table><tr><td><h2>Reset</h2><ol><li>Open it</li></ol><pre>a\n b</pre></td></tr></table>"

    assert told(read(page, "html")) == [("heading", "Reset"), ("step", "Open it"), ("code", "a\n b")]


def test_code_begins_and_ends_with_its_first_and_last_line() -> None:
    assert told(read("<pre> \n\n  POST /a\n\n  end \n \n</pre>", "html")) == [("code", "  POST /a\n\n  end")]


def test_a_pipe_in_a_sentence_makes_no_table() -> None:
    assert told(read("Run `cat a | sort`. Then stop.", "markdown")) == [("text", "Run cat a | sort. Then stop.")]


def test_wordings_for_several_platforms_do_not_run_into_each_other() -> None:
    html = '<p>Choose <span data-for="win">Tools</span><span data-for="mac">Edit</span>.</p>'

    assert told(read(html, "html")) == [("text", "Choose Tools Edit.")]


@pytest.mark.parametrize("note", ["> [!NOTE]\n> Mind this.", ">![info]\n>\n>Mind this."])
def test_the_mark_of_a_note_is_not_read_and_its_text_is(note: str) -> None:
    assert told(read(note, "markdown")) == [("text", "Mind this.")]


def test_anchors_are_those_that_the_page_has() -> None:
    made = read("## Add & remove\n\n## Own {#my-own}\n\n## Add & remove\n\n<h2 id='x'>Raw</h2>", "markdown")
    (bare,) = read("<h2>No id here</h2>", "html")
    (named,) = read("<h2><a name='old'></a>Old way</h2>", "html")

    assert [(block.text, block.anchor) for block in made] == [
        ("Add & remove", "add--remove"), ("Own", "my-own"), ("Add & remove", "add--remove-1"), ("Raw", "x"),
    ]  # fmt: skip
    assert (bare.anchor, named.anchor) == ("", "old")


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ("<!--" * 300_000, "html"),
        ("[" * 300_000, "markdown"),
        ("*_" * 300_000, "markdown"),
        ("a | b " * 200_000, "text"),
    ],
)
def test_a_body_that_is_meant_to_keep_the_parser_busy_is_soon_read(body: str, form: str) -> None:
    read(body, form)


def test_the_language_of_a_fence_that_was_pressed_into_one_line_is_no_part_of_the_code() -> None:
    (step,) = read("1. Connect:    ```shell    mysql -u main    ```    ", "markdown")

    assert step.text == "Connect: mysql -u main"
