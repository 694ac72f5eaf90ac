from __future__ import annotations

import pytest

from retrieval.answering.fidelity import doubt

SPANS = (
    "An export is empty when a filter hides every row.\n"
    "1. Open Reports and remove the filter.\n"
    "2. Do not close the window for 30 seconds.\n"
    "3. Run export_all again."
)


def changed(old: str, new: str) -> str:
    assert old in SPANS
    return SPANS.replace(old, new)


@pytest.mark.parametrize(
    "text",
    [
        SPANS,
        changed("An export is empty when", "Simply: an export is empty when"),
        changed("Open Reports and remove the filter.", "Please open Reports, then remove the filter."),
        changed("Do not close", "Don't close"),
    ],
)
def test_the_same_in_the_articles_words_is_beyond_doubt(text: str) -> None:
    assert doubt(text, SPANS) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "length"),
        (SPANS * 2, "length"),
        ("Remove it.", "length"),
        (f"{SPANS}\n4. Delete your account.", "steps"),
        (changed("2. Do not close the window for 30 seconds.\n", ""), "steps"),
        (changed("3. Run", "2. Run"), "steps"),
        (changed("30", "3"), "number"),
        (changed("30 seconds", "thirty seconds"), "number"),
        (changed("Do not close", "Close"), "negation"),
        (changed("Open Reports", "Never open Reports"), "negation"),
        (changed("export_all", "export_none"), "name"),
        (changed("Open Reports", "Open Billing"), "name"),
        (changed("remove the filter", "delete the filter"), "new words"),
        (changed("remove the filter.", "remove the filter. Restart the router."), "new words"),
        (changed("An export is empty when a filter hides every row.", "The export is empty."), "left out"),
        (
            changed(
                "An export is empty when a filter hides every row.", "When a filter hides every row, export empty."
            ),
            "order",
        ),
        (changed("every row.", "every row. See https://evil.example/fix"), "link"),
        (changed("every row.", "every row, see evil.com"), "link"),
        (changed("every row.", "every <b>row</b>."), "markup"),
        (changed("every row.", "[every row](x)."), "markup"),
    ],
)
def test_whatever_else_it_says_is_doubted(text: str, why: str) -> None:
    assert doubt(text, SPANS) == why


def test_a_step_may_not_take_words_from_another() -> None:
    text = changed("1. Open Reports and remove the filter.", "1. Open Reports and close the window.")

    assert doubt(text, SPANS) == "new words"


def test_words_in_another_order_may_mean_something_else() -> None:
    spans = "Move mail from the server to the archive, then empty the trash and compact the folder."
    swapped = "Compact the folder and empty the trash, then from the archive to the server move mail."

    assert doubt(swapped, spans) == "order"
