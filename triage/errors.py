"""Errors of the domain.

FirstlineError
├── NaiveInstant             an instant without a time zone
├── InstantOutOfRange        an instant that no calendar reaches
├── FileNotReadable          a file that is damaged, or unpacks to more than is read
├── UnreadableRecord         a stored event or label set of another format
├── PolicyRefused            a policy file that must not be used
│   ├── CalendarRefused
│   ├── FieldsRefused
│   ├── RoutingRefused
│   ├── TaxonomyRefused
│   └── UrgencyRefused
├── UnknownPlan
├── UnknownPriority
├── PauseRefused             a pause that ends before it begins
├── TransitionRefused        a status change that is not allowed
├── TicketIsClosed
├── OutcomeRefused           a resolution type or a satisfaction score that does not exist
├── IncidentRefused          a ticket that cannot be linked to the named incident
├── EscalationRefused        an escalation path that the plan or tier does not have
├── PacketIncomplete         an escalation packet with missing fields
├── BadClosedTicket          a row of an export that cannot be used
├── UnknownTaxonomy          an unknown taxonomy version
├── LabelRefused             a label that no head has (any more)
├── BundleRefused            a bundle that is damaged or of another format
├── SigningKeyRefused        a file that is no private key, or must not be replaced by one
├── UnknownVersion           a bundle that is not in the registry
├── DecisionsNotReadable     a queue, overlay or list of corrections that is not one
└── NothingToRollBackTo      no model before the current one
"""

from __future__ import annotations

from collections.abc import Iterable


class FirstlineError(Exception):
    """The root: catch it to catch everything that Firstline raises on purpose."""


class NaiveInstant(FirstlineError):
    """An instant came without a time zone."""

    def __init__(self, field: str, value: object) -> None:
        self.field = field
        self.value = value
        super().__init__(f"{field}: {value} has no time zone; send it in UTC, such as 2026-03-02T09:00:00Z")


class InstantOutOfRange(FirstlineError):
    """An instant lies outside the years that calendars cover."""

    def __init__(self, field: str, value: object, years: tuple[int, int]) -> None:
        self.field = field
        self.value = value
        self.years = years
        super().__init__(
            f"{field}: {value} lies outside the years {years[0]} to {years[1]}; send an instant within them"
        )


class FileNotReadable(FirstlineError):
    """A file is damaged, or unpacks to more than is read."""

    def __init__(self, path: object, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class UnreadableRecord(FirstlineError):
    """A record does not describe what it should."""

    def __init__(self, kind: str, problem: str) -> None:
        self.kind = kind
        self.problem = problem
        super().__init__(f"this record is no {kind}: {problem}")


class PolicyRefused(FirstlineError):
    """A policy file contradicts itself or names what does not exist."""

    def __init__(self, where: str, problem: str) -> None:
        self.where = where
        self.problem = problem
        super().__init__(f"{where}: {problem}")


class CalendarRefused(PolicyRefused):
    """A calendar cannot be used."""


class RoutingRefused(PolicyRefused):
    """A routing rule cannot be used."""

    def __init__(self, line: int, problem: str) -> None:
        self.line = line
        super().__init__(f"routing rules, line {line}", problem)


class FieldsRefused(PolicyRefused):
    """A declared field cannot be used."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"fields, [{name}]" if name else "fields", problem)


class TaxonomyRefused(PolicyRefused):
    """A taxonomy file cannot be used."""


class UrgencyRefused(PolicyRefused):
    """A lexicon of urgent phrases cannot be used."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"urgency lexicon, {where}", problem)


class UnknownPlan(FirstlineError):
    """A plan is not in the policy."""

    def __init__(self, plan: object, known: Iterable[str]) -> None:
        self.plan = plan
        self.known = tuple(known)
        super().__init__(f"plan {plan!r} is not in the policy; known plans: {', '.join(self.known)}")


class UnknownPriority(FirstlineError):
    """A priority is none of the fixed five."""

    def __init__(self, priority: object, known: Iterable[str]) -> None:
        self.priority = priority
        self.known = tuple(known)
        super().__init__(f"priority {priority!r} does not exist; priorities: {', '.join(self.known)}")


class PauseRefused(FirstlineError):
    """A pause ends before it begins."""

    def __init__(self, begins: object, ends: object) -> None:
        self.begins = begins
        self.ends = ends
        super().__init__(f"the pause from {begins} to {ends} ends before it begins; swap the two instants")


class TransitionRefused(FirstlineError):
    """A ticket cannot go from the status it has to the one asked for."""

    def __init__(self, ticket_id: str, status: str, to: str, allowed: Iterable[str]) -> None:
        self.ticket_id = ticket_id
        self.ticket_status = status
        self.to = to
        self.allowed = tuple(sorted(allowed))
        choices = f"it can become {' or '.join(self.allowed)}" if self.allowed else "it stays so; open a new ticket"
        super().__init__(f"ticket {ticket_id} is {status} and cannot become {to}: {choices}")


class TicketIsClosed(FirstlineError):
    """A closed ticket takes nothing more."""

    def __init__(self, ticket_id: str) -> None:
        self.ticket_id = ticket_id
        super().__init__(f"ticket {ticket_id} is closed and takes nothing more; open a new ticket that refers to it")


class OutcomeRefused(FirstlineError):
    """The resolution type or satisfaction score does not exist."""

    def __init__(self, field: str, value: object, allowed: Iterable[object]) -> None:
        self.field = field
        self.value = value
        self.allowed = tuple(allowed)
        super().__init__(f"{field}: {value!r} is none of {', '.join(map(str, self.allowed))}")


class IncidentRefused(FirstlineError):
    """A ticket cannot be linked to an incident."""

    def __init__(self, ticket_id: str, incident_id: str, problem: str) -> None:
        self.ticket_id = ticket_id
        self.incident_id = incident_id
        self.problem = problem
        super().__init__(f"ticket {ticket_id} cannot follow {incident_id}: {problem}")


class EscalationRefused(FirstlineError):
    """The tier or the plan does not have this escalation path."""

    def __init__(self, tier: str, to: str, problem: str) -> None:
        self.tier = tier
        self.to = to
        self.problem = problem
        super().__init__(f"a ticket at {tier} cannot go to {to}: {problem}")


class PacketIncomplete(FirstlineError):
    """The escalation packet is incomplete."""

    def __init__(self, tier: str, to: str, missing: Iterable[str]) -> None:
        self.tier = tier
        self.to = to
        self.missing = tuple(missing)
        super().__init__(f"to go from {tier} to {to} the ticket still needs: {', '.join(self.missing)}")


class BadClosedTicket(FirstlineError):
    """A row of an export cannot be used."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field} {problem}")


class UnknownTaxonomy(FirstlineError):
    """A client names a taxonomy version that the model does not know."""

    def __init__(self, version: object, known: Iterable[str]) -> None:
        self.version = version
        self.known = tuple(known)
        super().__init__(f"taxonomy {version!r} is not known here; known versions: {', '.join(self.known)}")


class LabelRefused(FirstlineError):
    """Labels that cannot be set: each with its head and a sentence that says what to give instead."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(f"{head}: {problem}" for head, problem in self.problems))

    @property
    def errors(self) -> list[dict[str, str]]:
        """The fields and what is wrong with each."""
        return [{"field": head, "message": problem} for head, problem in self.problems]


class BundleRefused(FirstlineError):
    """A model bundle is damaged, incomplete or of another format."""

    def __init__(self, folder: object, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"the model bundle {folder} is refused: {reason}")


class SigningKeyRefused(FirstlineError):
    """A file is no private key, or must not be replaced by one."""

    def __init__(self, path: object, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"the signing key {path} is refused: {reason}")


class UnknownVersion(FirstlineError):
    """The registry does not hold a model version."""

    def __init__(self, version: str, folder: object) -> None:
        self.version = version
        self.folder = folder
        super().__init__(f"{folder} holds no model {version}; `firstline-train promote` adds one")


class NothingToRollBackTo(FirstlineError):
    """No model was current before this one."""

    def __init__(self, folder: object) -> None:
        self.folder = folder
        super().__init__(f"{folder} remembers no earlier model, so there is nothing to go back to")


class NoCurrentModel(FirstlineError):
    """A shadow or canary has nothing to be compared with: no version is current, or it is the current one itself."""

    def __init__(self, version: str, current: str | None) -> None:
        self.version = version
        self.current = current
        itself = f"{version} is the current model itself: a shadow or canary is another one"
        none = f"there is no current model to compare {version} with: no version is current; promote one first"
        super().__init__(itself if current else none)


class CanaryShareRefused(FirstlineError):
    """A canary cannot serve this share of the tickets."""

    def __init__(self, share: object, largest: float) -> None:
        self.share = share
        self.largest = largest
        super().__init__(f"a canary cannot serve the share {share}: give more than 0 % and at most {largest:.0%}")


class DecisionsNotReadable(FirstlineError):
    """A file of people's decisions on labels (queue, overlay, corrections) is not what it should be."""

    def __init__(self, path: object, line: int | None, problem: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        super().__init__(f"{path}, line {line}: {problem}" if line else f"{path}: {problem}")
