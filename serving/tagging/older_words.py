"""Tags for a client that uses an older taxonomy: the same answer with the older label names."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from serving.inference.tags import Alternative, Tag
from triage.taxonomy.lineage import Lineage


def in_words_of(version: str | None, lineage: Lineage, tags: Mapping[str, Tag]) -> dict[str, Tag]:
    """Return the tags in the words of a version of the taxonomy. Raises `UnknownTaxonomy`."""
    if version is None:
        return dict(tags)
    return {head: _told(version, lineage, head, tag) for head, tag in tags.items()}


def _told(version: str, lineage: Lineage, head: str, tag: Tag) -> Tag:
    label = None if tag.label is None else lineage.name_in(version, head, tag.label)
    alternatives = [
        Alternative(lineage.name_in(version, head, each.label), each.confidence) for each in tag.alternatives
    ]
    labels = tag.labels
    if labels is not UNSET:
        labels = [msgspec.structs.replace(each, label=lineage.name_in(version, head, each.label)) for each in labels]
    return msgspec.structs.replace(tag, label=label, alternatives=alternatives, labels=labels)
