"""What tagging has shown of tickets of other systems, for the sources of their labels."""

from collections.abc import Collection

import sqlalchemy as sa

from serving.inference.tags import Tag
from serving.storage.tables import tag_corrections, taggings
from serving.tagging.store import from_row
from triage.reason_codes import RAISED_BY
from triage.tickets.label_sources import LabelSource, ShownLabel, by_a_person

_AT_ONCE = 500


def shown(reading: sa.Connection, external_ids: Collection[str]) -> dict[str, dict[str, ShownLabel]]:
    """Return by external id and head what was shown of tickets that `POST /v1/tags` has tagged.

    Of several taggings of one ticket the last counts, or the last that was corrected.
    """
    ids = list(external_ids)
    found: dict[str, dict[str, ShownLabel]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        asked = sa.select(taggings).where(taggings.c.external_id.in_(ids[start : start + _AT_ONCE]))
        rows = [from_row(row) for row in reading.execute(asked.order_by(taggings.c.id)).mappings()]
        corrected = _corrected(reading, [row.id for row in rows])
        said = [(row, head, tag, corrected.get((row.id, head))) for row in rows for head, tag in row.tags.items()]
        for row, head, tag, person in sorted(said, key=lambda each: each[-1] is not None):  # a correction stays
            found.setdefault(str(row.external_id), {})[head] = _shown(tag, person)
    return found


def _corrected(reading: sa.Connection, ids: Collection[str]) -> dict[tuple[str, str], LabelSource]:
    """Return the sources of corrected labels by tagging and head: what was shown before the first correction counts."""
    c = tag_corrections.c
    asked = sa.select(c.tagging_id, c.head, c.was).where(c.tagging_id.in_(ids)).order_by(c.id)
    found: dict[tuple[str, str], LabelSource] = {}
    for row in reading.execute(asked):
        found.setdefault((row.tagging_id, row.head), by_a_person(shown=row.was is not None))
    return found


def _shown(tag: Tag, corrected: LabelSource | None) -> ShownLabel:
    """Return what was shown of a head: `auto` is applied by the caller, `suggest` shown to an agent who decides."""
    person = corrected or by_a_person(shown=bool(tag.said))
    is_applied = tag.mode == "auto" or tag.reason_code in RAISED_BY.values()
    return ShownLabel(tag.said, LabelSource.MODEL_UNSEEN if is_applied and corrected is None else person, person)
