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


BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u2028\u2029\U000e0041\ufe0f\x00\x1b\x7f\x85\ue000"


@pytest.mark.parametrize("character", BIDI + UNSEEN, ids=ascii)
def test_characters_that_reorder_or_hide_are_in_doubt(character: str) -> None:
    assert doubt(changed("every row.", f"every row{character}."), SPANS) == "characters"
    assert doubt(changed("Open Reports", f"Open {character}Reports"), SPANS) == "characters"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a filter", "\u0430 filter"),  # Cyrillic
        ("Open", "\u041epen"),
        ("empty", "emp\u03c4y"),  # Greek
        ("Reports", "Rep\u0585rts"),  # Armenian
        ("filter", "\uff46ilter"),  # full width
        ("filter", "\U0001d41filter"),  # mathematical
        ("filter", "fi\u0335lter"),  # a stroke above
        ("filter", "\ufb01lter"),  # a ligature
        ("seconds", "\u017feconds"),  # long s
        ("window", "w\u0456ndow"),
        ("export", "ex\u13e2ort"),  # Cherokee
        ("row", "r\u0251w"),  # Latin alpha
    ],
)
def test_letters_that_look_like_others_are_in_doubt(old: str, new: str) -> None:
    assert doubt(changed(old, new), SPANS) == "characters"


@pytest.mark.parametrize(
    "spans",
    [
        "Откройте CSV и удалите фильтр, а затем повторите экспорт.",
        "Öffnen Sie den Filter für alle Zeilen und wählen Sie 5 € aus.",
        "CSVファイルを開いて、フィルターを削除してください。",
        "افتح التقارير وأزل عامل التصفية\u200f ثم صدّر مرة أخرى.",
        "می\u200cخواهم فیلتر را حذف کنم و دوباره صادر کنم.",
        "Click the 👩\u200d💻 icon to open Reports.",
    ],
)
def test_an_articles_own_characters_are_beyond_doubt(spans: str) -> None:
    assert doubt(spans, spans) is None


def test_letters_of_two_scripts_that_the_article_has_are_not_mixed_in_a_word() -> None:
    spans = "Откройте отчет Open Reports и удалите фильтр всех строк."
    assert doubt(spans, spans) is None
    assert doubt(spans.replace("Open", "Ореn"), spans) == "characters"


def test_an_articles_own_override_is_quoted_and_not_rephrased() -> None:
    spans = SPANS.replace("every row", "every \u202erow")
    assert doubt(spans, spans) == "characters"


def test_polite_words_may_bring_letters_of_their_own() -> None:
    spans = "Filter entfernen und Export starten, bis er fertig ist."
    assert doubt(spans.replace("Filter", "Filter –"), spans) is None


def test_a_text_longer_than_what_is_compared_is_doubtful() -> None:
    spans = "word " * 1_000
    assert doubt(spans[:-5] + "added", spans) == "length"
