"""Texts made of what breaks readers: mark-up that is not closed, odd characters, deep nesting, links that run."""

from __future__ import annotations

from random import Random

from tests.hostile_texts import PIECES as REPEATED
from tests.retrieval.articles.test_fuzzed_articles import PIECES as MARKUP

ODD = [
    *("\x00", "\x1b[31m", "\x7f", "\x85", "\xa0", "\u200b", "\u202e", "\u2066", "\ufeff", "\ufffd", "\uffff"),
    *("é", "e\u0301", "a" + "\u0301" * 300, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U000e0041", "\U0010ffff"),
    *("ſ", "İ", "ß", "ﷺ", "１２", "٣", "字", "ا", "𝕏", "%00", "%ff", "\\u0000", "${7*7}", "{{7*7}}", "{0}", "%s%n"),
    *("' OR 1=1 --", "../../etc/passwd", "=1+1", "null", "NaN", "0x10", "1e999"),
]
LINKS = [
    *('<a href="javascript:x">', "<a href=JaVaScRiPt&colon;x>", "<a href='java\tscript:x'>", "<math><mi"),
    *("<a href=&#106;avascript:x>", "<iframe srcdoc='<script>x</script>'>", "<svg><script>x</script></svg>"),
    *("[a](javascript:x)", "[a](<javascript:x>)", "[a](java&#x73;cript:x)", "![a](data:x)", "[a](vbscript:x)"),
    *("<javascript:x>", "[x]\n\n[x]: javascript:y\n", '[a](https://x/"onclick="x)', "[a]( javascript:x 'b')"),
    *("<scr<script>ipt>x</script>", "<noscript><p title='</noscript><script>x'>", "<style><!--</style><script>x"),
    *("[a](data:text/html;base64,eA==)", "<img src=data:x onerror=x>", "<plaintext>"),
]  # fmt: skip
NESTED = [
    "<div>",
    "<b>",
    "<table><tr><td>",
    "<ul><li>",
    "> ",
    "- ",
    "[",
    "![",
    "(",
    "{",
    '{"a":',
    "*",
    "<p",
    "<svg>",
    "&amp;",
]
ENDS = ["", "x", "</div>", "-->", "]]>", "\n"]


def fragments(chance: Random, most: int = 25) -> str:
    """Return up to so many pieces in any order, now and then a piece nested hundreds of times."""
    sources = chance.choices([MARKUP, ODD, LINKS, REPEATED], k=chance.randint(1, most))
    text = "".join(chance.choice(source) for source in sources)
    if chance.random() < 0.02:
        text += chance.choice(NESTED) * chance.choice([30, 300, 1_500]) + chance.choice(ENDS)
    return text
