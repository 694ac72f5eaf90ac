"""Mails that thank and say nothing else, as people write them: with a greeting, a name and a farewell around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from triage.text.everyday_words import everyday_words
from triage.text.mail_marks import REPLY
from triage.text.nobody.closing import SOLVED, THANKS, closing_kinds
from triage.text.nobody.phrase_patterns import said
from triage.text.nobody.wishes import is_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

_READ: Final = 1_000  # characters; whoever writes more wants something
_NAME: Final = r"[A-ZÀ-Þ][\w'’.-]{0,30}"
_TITLE: Final = r"(?:mr|mrs|ms|dr|herr|frau|m|mme|monsieur|madame|sr|sra|señora?|sig|signora?|heer|mevrouw)\b\.?"
_GREETING: Final = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|liebe[rs]?|moin"
    r"|sehr geehrte[rs]?|bonjour|bonsoir|salut|ch[eè]re?|hola|estimad[oa]s?|buenos d[ií]as|buenas tardes|querid[oa]"
    r"|ciao|buongiorno|buonasera|salve|gentile|car[oai]|egregio|beste|geachte|goedemorgen|goedemiddag|goedendag|hoi"
    r"|dag|ol[áa]|oi|bom dia|boa tarde|boa noite|prezad[oa]s?|car[oa]s?)"
    rf"(?:[ \t]{_TITLE})?(?P<names>(?:[ \t](?-i:{_NAME})){{0,3}})\s{{0,3}}[,!.\n]",
    re.IGNORECASE,
)
#: The name of whoever is thanked, at the end of its sentence.
_THANKED: Final = re.compile(
    r"(?P<thanks>\b(?:thanks|thank you|many thanks|cheers|danke|vielen dank|merci|gracias|grazie|grazie mille|bedankt"
    r"|dank je|dank u|obrigad[oa])(?: (?:so much|very much|a lot|again|beaucoup|mil|sehr|schön|wel))?)"
    rf",?[ \t](?:{_TITLE}[ \t])?(?P<name>(?-i:{_NAME}(?:[ \t]{_NAME})?))(?=\s{{0,3}}(?:[!.,\n]|$))",
    re.IGNORECASE,
)
_SIGNED: Final = re.compile(rf"\n\s{{0,9}}[-–—]{{0,3}}\s?(?P<name>(?:{_NAME}[ \t]?){{1,3}})\s{{0,9}}$")
_MARKS: Final = re.compile(r"\s{0,3}\[[^\]\n]{1,60}\]")

#: Whom a greeting may name besides people.
_ADDRESSEES: Final = frozenset(
    """
    support team helpdesk desk help customer service care services client clients clienti cliente clientes equipe equipo
    squadra kundenservice kundendienst kundensupport serviceteam supportteam klantenservice soporte suporte assistenza
    assistance atencion atendimento
    """.split()  # noqa: SIM905 - a list of quoted words hides what is in it
)

#: Words by which a message answers what an agent asked or offered, besides thanking.
_ASSENTS: Final = frozenset(
    """
    yes yep yeah yup sure ok okay please no nope agreed correct exactly fine do go ja jo genau bitte nein gerne oui
    non volontiers si claro vale certo va bene sim nao pode nee graag prima akkoord
    """.split()  # noqa: SIM905 - a list of quoted words hides what is in it
)


def only_thanks(subject: str, text: str) -> bool:
    """Say whether a mail thanks, or says that it works now, and nothing else.

    Parameters
    ----------
    subject
        As people see it. One that names something is part of what is said, unless the mail answers one.
    text
        Its newest words, without what is quoted and without footers.

    Returns
    -------
    bool
    """
    begins = _is_reply(subject) or not subject.strip() or bool(closing_kinds(subject) & {THANKS, SOLVED})
    said_so = text if text.strip() or _is_reply(subject) else subject
    return begins and _thanks(said_so)


def answers(text: str) -> bool:
    """Say whether words of thanks may agree to something: "yes, thanks", and an emoji alone."""
    return not any(map(str.isalpha, text)) or not _ASSENTS.isdisjoint(said(text))


def says_solved(text: str) -> bool:
    """Say whether words of thanks say that it works now."""
    return SOLVED in closing_kinds(_bare(text))


def _thanks(text: str) -> bool:
    return len(text) <= _READ and bool(closing_kinds(_bare(text)) & {THANKS, SOLVED})


def _is_reply(subject: str) -> bool:
    return REPLY.match(_MARKS.sub("", subject[:200], count=1)) is not None


def _bare(text: str) -> str:
    """Return a text without its greeting, without names where they are thanked, and without the name below it."""
    text = text[:_READ].strip()
    if (greeting := _GREETING.match(text)) is not None and _are_names(greeting["names"], _ADDRESSEES):
        text = text[greeting.end() :]
    text = _THANKED.sub(lambda found: found["thanks"] if _are_names(found["name"]) else found[0], text)
    if (signed := _SIGNED.search(text)) is not None and _are_names(signed["name"]):
        text = text[: signed.start()]
    return text.strip()


def _are_names(words: str, known: frozenset[str] = frozenset()) -> bool:
    return all(word in known or (word not in everyday_words() and not is_wanted(word)) for word in _plain(words))


def _plain(words: str) -> Iterator[str]:
    return (word for word in said(words) if word[0].isalnum())
