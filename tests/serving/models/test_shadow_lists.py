"""A shadow's lists of labels are compared label by label: what it would add and drop, with examples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from serving.models import store
from serving.models.comparison import compare, lines
from serving.models.shadow import _said
from serving.process import database_of, migrated
from serving.settings import Settings
from serving.storage.database import read_only
from serving.storage.schema import newest
from tests.conftest import on_both_engines
from tests.serving.models.conftest import TriedDesk
from triage.model.assessment import Assessment
from triage.model.multi.decision import LabelRule, decide

AT = datetime(2026, 3, 2, tzinfo=UTC)
RULES = (LabelRule("refund", 0.5, apply_at=0.9, certificate="crt_1"), LabelRule("vat", 0.5), LabelRule("late", 0.5))


def said(**probabilities: float) -> Assessment:
    return decide([probabilities.get(rule.label, 0.0) for rule in RULES], RULES)


def row(number: int, current: Assessment | None, shadow: Assessment | None, head: str = "topics") -> dict[str, Any]:
    of = {"subject": f"tag_{number}", "shadow": "b", "head": head, "at": AT, "model": "a"}
    return {**of, **_said("", current), **_said("shadow_", shadow)}


def test_labels_that_a_shadow_adds_and_drops_are_counted_with_examples(tried: TriedDesk) -> None:
    rows = [
        row(1, said(refund=0.95, vat=0.6), said(refund=0.95)),
        row(2, said(refund=0.6), said(refund=0.95, late=0.7)),
        row(3, said(vat=0.8), said(vat=0.8)),
        row(4, said(), said(late=0.6)),
    ]
    tried.database.write(lambda connection: store.add_tags(connection, rows))
    report = tried.database.read(lambda connection: compare(connection, None, None))
    assert report.heads == {}
    assert (report.agreement.k, report.agreement.n) == (1, 4)
    found = report.lists["topics"]
    assert (found.agreement.k, found.auto_current.k, found.auto_shadow.k) == (1, 1, 2)
    late, vat, refund = found.labels
    assert (late.label, late.adds, late.drops, late.current, late.shadow) == ("late", 2, 0, 0, 2)
    assert sorted(late.added_examples) == ["tag_2", "tag_4"]
    assert (vat.label, vat.adds, vat.drops, vat.dropped_examples) == ("vat", 0, 1, ["tag_1"])
    assert (refund.applied_current, refund.applied_shadow, refund.adds) == (1, 2, 0)
    assert {(tuple(each.current), tuple(each.shadow)) for each in found.differences} == {
        (("refund", "vat"), ("refund",)),
        (("refund",), ("late", "refund")),
        ((), ("late",)),
    }
    assert "  late: shadow adds it on 2, drops it on 0 tickets" in lines(report)


def test_a_head_that_only_the_shadow_has_is_a_list_that_it_adds(tried: TriedDesk) -> None:
    rows = [row(1, None, said(vat=0.9)), row(1, None, None, head="category")]
    tried.database.write(lambda connection: store.add_tags(connection, rows))
    found = tried.database.read(lambda connection: compare(connection, None, None))
    assert [each.adds for each in found.lists["topics"].labels] == [1]
    assert set(found.heads) == {"category"}


@on_both_engines
def test_lists_that_went_through_a_schema_without_them_do_not_count_as_agreement(settings: Settings) -> None:
    withheld = Assessment(None, 0.3, "abstain", (), "", "below_threshold")
    rows = [
        row(1, said(vat=0.8), said(late=0.8)),
        row(2, said(), said()),
        row(1, withheld, withheld, head="category"),
        row(2, withheld, withheld, head="category"),
    ]
    database = database_of(settings)
    database.open()
    database.write(lambda connection: store.add_tags(connection, rows))
    database.close()

    assert migrated(settings, "0033") == "0033"
    assert migrated(settings, "head") == newest()

    with read_only(settings.stored_in) as connection:
        report = compare(connection, None, None)
    assert (set(report.heads), report.lists) == ({"category"}, {})
