"""Heads are declared in the taxonomy file; what cannot be a head is refused with what to write instead."""

from __future__ import annotations

import pytest

from triage.errors import TaxonomyRefused
from triage.taxonomy import changes_file, labels
from triage.taxonomy.heads import SHIPPED, Head, names_of

INTENT = '[[heads]]\nname = "intent"\n'
TREE = '[[heads]]\nname = "topic"\nkind = "tree"\n'


def test_a_file_without_heads_has_those_that_come_with_firstline() -> None:
    assert labels.parse('[queue]\nfirst = "the first line"').declared == SHIPPED
    assert names_of(labels.default().declared) == ("category", "priority", "product_area")


def test_declared_heads_are_the_heads_in_their_order_and_priority_is_always_among_them() -> None:
    found = labels.parse(f'{INTENT}[[heads]]\nname = "sentiment"\nkind = "single"\n[sentiment]\ncalm = ""\nangry = ""')
    assert found.declared == (Head("intent"), Head("sentiment"), Head("priority"))
    assert found.names == ("sentiment", "intent", "priority")
    assert found.labels("sentiment") == ("calm", "angry")


def test_an_ordinal_head_has_the_order_of_its_table_through_changes() -> None:
    found = labels.parse('[[heads]]\nname = "severity"\nkind = "ordinal"\n[severity]\nlow = ""\nmid = ""\nhigh = ""')
    assert found.declared[0].order == ("low", "mid", "high")
    changes = changes_file.parse(
        '[[change]]\nat = 2026-01-01T00:00:00Z\nhead = "severity"\nrename = "mid"\nto = "medium"'
    )
    assert changes.apply(found).declared[0].order == ("low", "medium", "high")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('heads = ["intent"]', r'write a table for each head, such as\n\[\[heads\]\]\nname = "intent"'),
        ("[heads]\nname = 'intent'", "write a table for each head"),
        ("[[heads]]\nkind = 'single'", "entry 1: its name is None: small letters, digits and _"),
        ("[[heads]]\nname = 'Intent of'", "its name is 'Intent of': small letters"),
        (INTENT + INTENT, "intent is declared twice; keep one"),
        (
            "[[heads]]\nname = 'language'",
            "language means something else in tickets: choose another name, such as ticket_language",
        ),
        (INTENT + "kind = 'cloud'", "head intent: kind cloud is not known; known are single, ordinal, tree"),
        (INTENT + "kind = 'several'", "head intent: kind several is not known; known are single, ordinal, tree, multi"),
        (INTENT + "kind = ['single']", "is not known; known are single"),
        (INTENT + "column = 'Intent'", r'column is not known; known are name, .* \[columns\] intent = "…"'),
        (INTENT + "[category]\nbug = ''", r"\[category\]: it has labels, and no head declares it: add\n\[\[heads\]\]"),
        (INTENT + "kind = 'ordinal'", "head intent: write its labels in their order"),
        (INTENT + "kind = 'ordinal'\n[intent]\na = ''", "head intent: write its labels in their order"),
        ("[[heads]]\nname = 'priority'\nkind = 'ordinal'", "priority has an order of its own; leave its kind out"),
        (TREE, 'a tree needs the columns of its levels, from parent to child: levels = \\["category", "intent"\\]'),
        (INTENT + "levels = ['a', 'b']", 'levels belong to kind = "tree"'),
        (TREE + "levels = ['a']", "it has 1 levels; a tree has 2 or 3"),
        (TREE + "levels = ['a', 'b', 'c', 'd']", "it has 4 levels"),
        (TREE + "levels = ['a', 'topic']", "level topic cannot be: each level is a column of its own"),
        (TREE + "levels = ['a', 'a']", "level a cannot be"),
        (
            "[[heads]]\nname = 's'\nkind = 'tree'\nlevels = ['topic', 'x']\n"
            + (TREE + "levels = ['s', 'y']"),
            "head s: one of its levels is a tree itself",
        ),
        (TREE + "levels = ['a', 'b']\n[topic]\n'x/y/z' = ''", "'x/y/z' is no path of a/b"),
        (TREE + "levels = ['a', 'b']\n[topic]\n'x/' = ''", "'x/' is no path of a/b"),
        (TREE + "levels = ['a', 'b']\n[topic]\n'x/y ' = ''", "'x/y ' is no path of a/b"),
        ("[[heads]]\nname = 'emergencies'", "means something else"),
        ("".join(f"[[heads]]\nname = 'h{n}'\n" for n in range(31)), "31 heads are declared; 30 is the most"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_head_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(TaxonomyRefused, match=said):
        labels.parse(text)
