"""What a file of changes makes of labels: properties over random histories, and the refusals word for word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from triage.errors import TaxonomyRefused, UnknownTaxonomy
from triage.taxonomy.change import Change
from triage.taxonomy.changes import Changes, Trace
from triage.taxonomy.changes_file import parse
from triage.taxonomy.labels import Label, Taxonomy
from triage.taxonomy.lineage import Lineage

START = datetime(2024, 1, 1, tzinfo=UTC)
HEAD = "product_area"
NAMES = ["a", "b", "c", "d", "e", "f"]


def change(kind: str, before: str, after: str = "", day: int = 0, head: str = HEAD) -> Change:
    return Change(START + timedelta(days=day), head, kind, tuple(before.split()), tuple(after.split()))


def areas(*names: str) -> Taxonomy:
    return Taxonomy({HEAD: tuple(Label(name, f"what {name} is") for name in names)})


@st.composite
def histories(draw: st.DrawFn) -> Changes:
    """Build changes one after the other, each of labels that are there at its time."""
    there, made = list(NAMES[:4]), []
    for day in range(draw(st.integers(0, 6))):
        kinds = ["rename", "split", "add", *(["merge", "retire", "retire to"] if len(there) > 1 else [])]
        kind = draw(st.sampled_from(kinds))
        one, *others = draw(st.permutations(there))
        gone = [name for name in NAMES if name not in there]
        new = draw(st.sampled_from([*gone, f"n{day}"]))
        before, after = {
            "rename": ([one], [new]),
            "split": ([one], [new, draw(st.sampled_from([one, f"m{day}"]))]),
            "add": ([], [new]),
            "merge": ([one, *others[:1]], [draw(st.sampled_from([one, new]))]),
            "retire": ([one], []),
            "retire to": ([one], others[:1]),
        }[kind]
        made.append(change(kind.split()[0], " ".join(before), " ".join(after), day))
        there = [name for name in there if name not in before or name in after]
        there += [name for name in after if name not in there]
    return Changes.of(made)


@given(histories(), st.sampled_from([*NAMES, "n0", "n1", "m1"]), st.none() | st.integers(-1, 8))
def test_mapping_a_label_twice_is_mapping_it_once(history: Changes, label: str, day: int | None) -> None:
    since = None if day is None else START + timedelta(days=day, hours=12)
    today = history.trace(HEAD, label, since).label
    if today is not None:
        assert history.lives(HEAD, today)
        assert history.trace(HEAD, today) == Trace(today)


@given(histories())
def test_labels_of_the_beginning_end_where_the_taxonomy_does(history: Changes) -> None:
    """Both readings of a history agree: what each label becomes, and which labels there are."""
    before = areas(*NAMES[:4])
    assume(any(history.trace(HEAD, label).label for label in before.labels(HEAD)) or history.living(HEAD))
    after = history.apply(before)
    ends = {history.trace(HEAD, label, START - timedelta(days=1)).label for label in before.labels(HEAD)}
    assert ends - {None} <= set(after.labels(HEAD))
    assert {label for label in after.labels(HEAD) if not history.lives(HEAD, label)} == set()


@given(histories())
def test_a_history_survives_the_manifest(history: Changes) -> None:
    assert Changes.of(Change.from_record(each.to_record()) for each in history.all) == history
    again = [Change.from_record(each.to_record()).id for each in history.all]
    assert again == [each.id for each in history.all]


@given(st.permutations(["a", "b", "c"]))
def test_a_rename_and_its_inverse_change_nothing(names: list[str]) -> None:
    there, back = change("rename", "a", "x"), change("rename", "x", "a", day=1)
    both = Changes.of([there, back])
    assert both.apply(areas(*names)) == areas(*names)
    assert both.apply(areas(*names)).version == areas(*names).version
    assert [both.trace(HEAD, name).label for name in ("a", "x", "b")] == ["a", "a", "b"]


@given(st.permutations([0, 1, 2, 3]), st.lists(st.integers(0, 2), min_size=4, max_size=4))
def test_the_order_of_independent_changes_does_not_matter(order: list[int], days: list[int]) -> None:
    apart = [("rename", "a", "x"), ("merge", "b c", "y"), ("split", "d", "d1 d2"), ("retire", "e", "")]
    told = [change(kind, before, after, days[i]) for i, (kind, before, after) in enumerate(apart)]
    one, other = Changes.of(told), Changes.of([told[i] for i in order])
    start = areas("a", "b", "c", "d", "e", "f")
    assert one.apply(start).version == other.apply(start).version
    assert [one.trace(HEAD, name).label for name in NAMES] == [other.trace(HEAD, name).label for name in NAMES]


def test_a_label_is_followed_through_all_that_came_after_it() -> None:
    history = Changes.of([change("rename", "a", "b"), change("merge", "b c", "d", 1), change("retire", "d", "e", 2)])
    found = history.trace(HEAD, "a")
    assert found.label == "e"
    assert [each.kind for each in found.chain] == ["rename", "merge", "retire"]
    assert history.trace("category", "a").label == "a"


def test_a_label_that_kept_its_name_in_a_split_is_told_by_its_time() -> None:
    """Before the split `a` meant both parts; after it, and without a time, it is the part of that name."""
    history = Changes.of([change("split", "a", "a b", day=10)])
    assert history.trace(HEAD, "a", START).label is None
    assert history.trace(HEAD, "a", START + timedelta(days=11)).label == "a"
    assert history.trace(HEAD, "a").label == "a"


def test_rules_tell_the_tickets_of_a_split_apart_by_their_words() -> None:
    rules = '[{ to = "b", words = ["invoice", "credit card"] }]'
    [split] = parse(
        f'[[change]]\nat = 2024-01-01T00:00:00Z\nhead = "x"\nsplit = "a"\ninto = ["b", "c"]\nrules = {rules}'
    ).all
    assert split.told_by("The INVOICE, again") == "b"
    assert split.told_by("my credit\ncard") == "b"
    assert split.told_by("invoices pile up") is None


def test_an_older_client_gets_its_own_words() -> None:
    history = Changes.of(
        [
            change("rename", "a", "x", 0),
            change("merge", "b c", "y", 1),
            change("split", "d", "d1 e", 2),
            change("add", "", "f", 3),
        ]
    )
    lineage = Lineage(today="v0").followed_by(history, "v4", {HEAD: areas(*"abcde").labels(HEAD)})
    assert {name: lineage.name_in("v0", HEAD, name) for name in ("x", "y", "d1", "e", "f")} == {
        "x": "a",
        "y": "b",  # the first of those merged
        "d1": "d",
        "e": "e",  # it was there before the split gave it more tickets
        "f": "f",  # no older name
    }
    assert lineage.name_in("v4", HEAD, "x") == "x"
    with pytest.raises(UnknownTaxonomy, match="known versions: v0, v4"):
        lineage.name_in("v9", HEAD, "x")
    assert Lineage.from_record(lineage.to_record(), "v4") == lineage


def test_results_stand_where_the_first_label_stood_and_keep_its_words() -> None:
    text = """
        [[change]]
        at = 2024-01-01T00:00:00Z
        head = "product_area"
        rename = "b"
        to = "x"
        [[change]]
        at = 2024-01-02T00:00:00Z
        head = "product_area"
        merge = ["a", "c"]
        to = "c"
        description = "both"
    """
    assert parse(text).apply(areas("a", "b", "c")).heads[HEAD] == (Label("c", "both"), Label("x", "what b is"))


def row(line: str, day: int = 1) -> str:
    return f'[[change]]\nat = 2024-01-{day:02}T00:00:00Z\nhead = "product_area"\n{line}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("change = 3", "write a table"),
        ("[[change", "they are no TOML"),
        (row('drop = "a"'), r"change 1 \(line 1\): give exactly one of rename, merge, split, retire, add"),
        (row('rename = "a"\nadd = "b"'), "give exactly one of"),
        (row('rename = "a"\ninto = "b"'), "'into' means nothing in a rename"),
        (row('rename = "a"'), 'to is a label in quotes, such as "a"'),
        (row('rename = "a"\nto = "a"'), "'a' would become itself"),
        (row('merge = ["a"]\nto = "b"'), "merge names two labels or more"),
        (row('merge = "a"\nto = "b"'), "merge is a list of labels"),
        (row('split = "a"\ninto = ["b", "b"]'), "into names two labels or more, each once"),
        (row('split = "a"\ninto = ["b", "c"]\nrules = [{ to = "d", words = ["x"] }]'), "a rule is"),
        (row('add = "a"\ndescription = 3'), "description is text"),
        (row('add = "a"').replace("T00:00:00Z", ""), "at is an instant with its time zone and no quotes"),
        (row('add = "a"').replace("00Z", "00"), "at is an instant with its time zone"),
        (row('add = "P5"').replace("product_area", "priority"), "priorities are fixed"),
        (row('add = "a"').replace('"product_area"', "3"), "head is missing"),
        (
            row('retire = "a"') + row('retire = "a"', 2),
            r"change 2 \(line 5\): 'a' is no more: 'a' was retired on 2024-01-01",
        ),
        (row('rename = "a"\nto = "b"') + row('merge = ["a", "c"]\nto = "d"', 2), "'a' is no more: 'a' was renamed 'b'"),
        (row('rename = "a"\nto = "b"') + row('rename = "c"\nto = "b"', 2), "'b' is there already; merge into it"),
        (
            row('rename = "a"\nto = "b"') + row('rename = "b"\nto = "a"'),
            "another change of the same instant has 'a' too",
        ),
        (row('rename = "a"\nto = "b"') + row('retire = "c"\nto = "a"', 2), "'a' is no more; retire it to a label"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_by_its_line(text: str, said: str) -> None:
    with pytest.raises(TaxonomyRefused, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (change("rename", "z", "y"), "'z' is no label of product_area; it has: a, b"),
        (change("rename", "a", "b"), "'b' is there already"),
        (change("retire", "a", "z"), "'z' is no label"),
        (change("rename", "a", "b", head="colour"), "'a' is no label of colour; it has: none"),
    ],
)
def test_changes_that_do_not_fit_a_taxonomy_are_refused(made: Change, said: str) -> None:
    with pytest.raises(TaxonomyRefused, match=said):
        Changes.of([made]).apply(areas("a", "b"))
