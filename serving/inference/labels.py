"""The labels that a person may set: the policy's, the model's, and older names by their current name."""

from collections.abc import Mapping
from dataclasses import dataclass

from serving.errors import FieldError, InvalidRequest
from serving.inference.live_models import LiveModels
from serving.inference.loaded_model import LoadedModel
from serving.policy.policies import Policies
from triage.errors import LabelRefused
from triage.taxonomy.heads import Head, multis_of, names_of, trees_of
from triage.taxonomy.lineage import Lineage
from triage.taxonomy.tree import parents_of
from triage.tickets.closed_ticket import in_order
from triage.tickets.fact_values import Said

PRIORITY = "priority"  # its five are fixed, and refused where a ticket is prioritised


@dataclass(frozen=True, slots=True)
class KnownLabels:
    """The labels of the policy and of the live model."""

    policies: Policies
    models: LiveModels | None = None

    def heads(self) -> tuple[str, ...]:
        """Return the fields that have labels."""
        live = self._live()
        own = (*live.bundle.heads, *live.bundle.multi) if live and live.bundle else ()
        return tuple(sorted({*self.policies.taxonomy.names, *own}))

    def settable(self) -> tuple[str, ...]:
        """Return the heads whose labels a person may set: those that the policy or the live model declares."""
        return in_order(names_of(self._declared()))

    def trees(self) -> frozenset[str]:
        """Return the heads whose labels are paths: of these a person may set a parent, too."""
        return trees_of(self._declared())

    def multi(self) -> frozenset[str]:
        """Return the heads of which a ticket has any number of labels."""
        return frozenset(multis_of(self._declared()))

    def of_tags(self, given: Mapping[str, Said]) -> dict[str, Said]:
        """Return the labels of a request's `tags` in today's words.

        Raises `InvalidRequest`: a field is no head. `LabelRefused`: as `today`.
        """
        known = self.settable()
        if strange := [head for head in given if head not in known]:
            said = f"There is no such field: the labels are {', '.join(known)}."
            raise InvalidRequest([FieldError(f"tags.{head}", said) for head in strange])
        return self.today(given)

    def labels(self, head: str) -> tuple[str, ...]:
        """Return today's labels of a field: of an ordinal one in their order, else in alphabetical order."""
        live = self._live()
        lineage = live.lineage if live else Lineage()
        own = {label for label in self.policies.taxonomy.labels(head) if lineage.now(head, label) == label}
        found = {*own, *lineage.changes.living(head), *(_spoken(live, head) if live else ())}
        above = (parent for label in found for parent in parents_of(label)) if head in self.trees() else ()
        order = next((each.order for each in self._declared() if each.name == head), ())
        places = {label: place for place, label in enumerate(order)}
        return tuple(sorted({*found, *above}, key=lambda label: (places.get(label, len(places)), label)))

    def today(self, given: Mapping[str, Said]) -> dict[str, Said]:
        """Put labels in today's words; None, which takes a label away, stays.

        Raises `LabelRefused`: a label was never one of its field's, or was split or retired, or there are several and
        the field has one.
        """
        found: dict[str, Said] = {}
        problems = []
        several = self.multi()
        for head, said in given.items():
            if said is None and head in several:  # none of the labels
                found[head] = ()
                continue
            if said is not None and isinstance(said, tuple) != (head in several):
                problems.append((head, f"Give {'a list of labels' if head in several else 'one label'} of {head}."))
                continue
            known, labels = self.labels(head), said if isinstance(said, tuple) else (said,)
            now = [label if label is None or head == PRIORITY else self._now(head, label) for label in labels]
            problems += [
                (head, self._why_not(head, label))
                for label, name in zip(labels, now, strict=True)
                if label is not None and name not in known and head != PRIORITY
            ]
            found[head] = tuple(dict.fromkeys(each for each in now if each)) if isinstance(said, tuple) else now[0]
        if problems:
            raise LabelRefused(problems)
        return found

    def _now(self, head: str, label: str) -> str | None:
        live = self._live()
        return live.lineage.now(head, label) if live else label

    def _why_not(self, head: str, label: str) -> str:
        live, known = self._live(), ", ".join(self.labels(head)) or "none yet"
        ended = live.lineage.explains(head, label) if live else None
        if ended:
            return f"There is no such label any more: {ended}. {head} has: {known}."
        return f"Not a label of {head}: it knows {known}. Add new ones to the taxonomy first."

    def _declared(self) -> tuple[Head, ...]:
        live = self._live()
        learnt = live.bundle.manifest.taxonomy.heads if live and live.bundle else None
        return (*self.policies.taxonomy.declared, *(learnt or ()))

    def _live(self) -> LoadedModel | None:
        return self.models.loaded if self.models is not None else None


def _spoken(live: LoadedModel, head: str) -> set[str]:
    """Return the labels that a model answers, those too rare to be learnt, and those that wait for their tickets."""
    bundle = live.bundle
    if bundle is None:
        return set()
    answered = set(bundle.heads[head].classes_) if head in bundle.heads else set()
    entry = bundle.manifest.heads.get(head)
    withdrawn = set(bundle.rules[head].withdrawn) if head in bundle.heads else set()
    several = bundle.manifest.multi.get(head)
    rare = entry.rare if entry else several.rare if several else ()
    return {*(answered - withdrawn), *bundle.manifest.spoken_labels().get(head, ()), *rare}
