"""Labels as tags of a helpdesk: those of a head with one label under its name, those of a list as they are."""

from collections.abc import Mapping, Sequence

from serving.helpdesks.port.connections import Connection

_OURS = ("firstline", "tkt_")  # how tags begin that only we write


def tags_of(labels: Mapping[str, str], listed: Sequence[str] = ()) -> tuple[str, ...]:
    """Return labels as tags that every desk takes: no spaces, and it is plain where they come from.

    `listed` are labels of lists, which are the desk's own tags.
    """
    told = {f"{head}_{slug(label)}" for head, label in labels.items() if head != "priority"}
    return tuple(sorted({"firstline", *told, *map(slug, listed)}))


def labels_in(tags: Sequence[str], heads: Sequence[str]) -> dict[str, str]:
    """Return the labels that `tags_of` wrote of these heads, for a desk without custom fields."""
    longest = sorted(heads, key=len)  # and last: `queue_type_a` is a type of queue, and not the queue `type_a`
    found = {tag: head for tag in tags for head in longest if tag.startswith(f"{head}_")}
    return {head: tag[len(head) + 1 :] for tag, head in found.items()}


def slug(label: str) -> str:
    """Return a label without what tags may not hold."""
    return "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in label.lower())


def labels_at(tags: Sequence[str], connection: Connection) -> dict[str, str | list[str]]:
    """Return the labels that a closed ticket's tags tell: those that we wrote, and of a list all that are not ours."""
    own = (*_OURS, *(f"{head}_" for head in connection.topics))
    listed = [tag for tag in tags if not tag.startswith(own)]
    return {**labels_in(tags, connection.topics), **dict.fromkeys(connection.multi, listed)}
