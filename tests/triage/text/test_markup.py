"""What a reader sees of HTML survives, what is hidden does not show, and prose with a `<` in it stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.cleaning import model_text
from triage.text.markup import visible

SEEN = "Production is down for everyone."
STYLE = "<style>" + "p.MsoNormal{margin:0cm;font-size:11pt}\n" * 2_000 + "</style>"
PICTURE = '<img alt="logo" src="data:image/png;base64,' + "iVBORw0KGgoAAAANSUhEUgAA" * 20_000 + '">'
PIXEL = '<img src="https://track.example/p.gif?id=1" width="1" height="1" style="display:none">'


@pytest.mark.parametrize(
    "page",
    [
        f"<html><head>{STYLE}</head><body><p>{SEEN}</p></body></html>",
        f"<html><body><p>{PICTURE}</p><p>{SEEN}</p></body></html>",
        f"{PIXEL}<div>{SEEN}</div>",
        f"<div>{SEEN}{PIXEL}</div>",
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>Mail</title></head><body>{SEEN}</body></html>",
        f"<!--[if mso]><p>Outlook only</p><![endif]--><p>{SEEN}</p>",
        f"<![if !mso]><p>{SEEN}</p><![endif]>",
        f"<p class=MsoNormal>{SEEN}<o:p></o:p></p>",
        f"<table><tr><td>{SEEN}</td></tr></table>",
        f"<font color=red>{SEEN}</font>",
        f"<center><b>{SEEN}</b></center>",
        f"<button type='submit' class='x'>{SEEN}</button>",
        f"<p>{SEEN}",
        f"{SEEN}</p></div>",
        f"<p>{SEEN.replace(' ', '&nbsp;')}</p>",
        f"<p>{SEEN.replace('is', '<b>is</b>')}</p>",
        f"<p>{SEEN}</p><p",
        f"<a title='a > b' href=\"x\">{SEEN}</a>",
        f'<p title="unclosed>{SEEN}</p>',
        f"<div><div hidden>secret</div>{SEEN}</div>",
        f"<p hidden>secret<p>{SEEN}",
        f"<svg><text>secret</text></svg>{SEEN}",
        f"<script>var a = '<p>secret</p>';</script>{SEEN}",
        f"<script type='x'>if (a < b) {{}}</script >{SEEN}",
        f"<noscript>secret</noscript>{SEEN}",
        f'<span style="DISPLAY : NONE">secret</span>{SEEN}',
        f"<span style='font-size:0'>secret</span><span style='font-size:0.9em'>{SEEN}</span>",
        f"<div style='max-height:0;overflow:hidden'>secret<div>secret</div></div>{SEEN}",
        f"<div style='mso-hide:all'><table><tr><td>secret</table></div>{SEEN}",
        f"<p style='visibility:hidden'>secret</p>{SEEN}",
        f"<ul style='display:none'><li>secret<li>secret</ul>{SEEN}",
        f"<template>secret</template>{SEEN}",
    ],
)  # fmt: skip
def test_what_is_seen_survives_and_what_is_hidden_does_not_show(page: str) -> None:
    found = " ".join(visible(page).split())
    assert SEEN in found
    for hidden in ("secret", "Mso", "base64", "Outlook only", "Mail", "track.example"):
        assert hidden not in found
    assert SEEN in model_text("", page)


@pytest.mark.parametrize(
    "text",
    [
        "When I press the <button> nothing happens. Since then production is down.",
        "The column shows <empty> instead of <name>, and the total is wrong.",
        "Please answer to Kim Example <kim@example.com> and to nobody else.",
        "if a < b and b > c then",
        "if a <b and c> d",
        "The <select> and the <input> field are grey.",
        "Our page has a <script> that you block.",
        "The <title> of the page is wrong, and the <table> is empty.",
        "Bitte im Feld <body> auch <html> zulassen.",
        "I use <strong> in a cell and the export breaks at it.",
        "<error>no such table</error>",
        "I <3 the new colours -> they are great",
        "see <https://app.example.com/x?a=1>",
        "List<String> is empty",
        "cat a.txt | grep x <<EOF > b.txt",
        "width <100px or >200px",
    ],
)
def test_prose_with_angle_brackets_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
    if "@" not in text:
        assert model_text("", text) == text


def test_lines_of_a_quoted_mail_are_marked() -> None:
    page = "<div>New</div><blockquote type='cite'>one<br>two<div>three</div></blockquote><div>Newer</div>"
    assert visible(page).split("\n") == ["", "New", "", "> one", "> two", "> three", "> ", "", "Newer", ""]
    assert ">" not in visible("<blockquote>an error message</blockquote>")


@given(st.text("<>/abp \"'=!-&;\n", max_size=60))
def test_no_word_outside_of_angle_brackets_is_lost(text: str) -> None:
    assert "word" in visible(f"{text.replace('<', '(')} word")
    assert "reactor" in visible(f"<p>{text.replace('<', '').replace('&', '')}</p>reactor")


@pytest.mark.parametrize(
    "unit", ["<a ", '<a "', "<a '\"", "<div>", "</div>", "<!--", "<script ", "<p hidden>", "<a\n=", "<a b="]
)
@pytest.mark.parametrize("end", ["", ">", '">'])
def test_the_time_is_linear_however_a_page_is_broken(unit: str, end: str) -> None:
    started = time.process_time()
    visible(unit * (100_000 // len(unit)) + end)
    assert time.process_time() - started < 1  # some hundredths of a second
