"""Find names of people: in greetings, signatures and introductions, and the requester's own name anywhere.

A name is found by its position, not by a list: a list knows few names of few countries, and half of them are ordinary
words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from triage.text.finder import Finder, Spans
from triage.text.name_positions import (
    BEHIND,
    BY_ORDER,
    CLOSED,
    FIELD,
    FROM,
    FROM_WHERE,
    FULL_NAME,
    GREETING,
    INTRODUCED,
    LED_IN,
    LINK,
    MARKS,
    NAME,
    NO_FAREWELL,
    PART,
    PARTICLE,
    PRESENTED,
    RULE,
    SENT_FROM,
    SPEAKING,
    TITLE,
    TITLES,
)

_NOT_NAMES_WORDS = """
Team Support Sir Sirs Madam All Everyone Everybody There Folks Friends Community Firstline Customer Service Experts
Admins Devs Developers Mozilla Firefox Thunderbird Windows Microsoft Apple Google Ladies Gentlemen World Help Helpdesk
I I'm I’m My We Our The This In It Is If As When After Since Please You Can Could Any Again To For Whom Zusammen Alle
Leute Damen Herren Liebes Ihr Ich Mein Wir Tous Toutes Je Mon Nous Equipo Equipe Équipe Todos Todas Señores Guys Forum
Foro Fórum Comunidad Communauté People Representative TB Excel Word Outlook Office Exchange Edge Teams Tutti Squadra
Allemaal Iedereen Heer Mevrouw Pessoal Senhores Android iOS Linux Ubuntu Chrome Safari Opera Explorer Internet Power
Adobe Java Python Version Error Fehler Monday Tuesday Wednesday Thursday Friday Saturday Sunday Montag Dienstag
Mittwoch Donnerstag Freitag Samstag Sonntag PS P.S Sent Gesendet Envoyé Enviado Inviato Verzonden Note But And Also
However Still Now Here Not No Yes So Then Order Ticket Invoice Case Tel Phone Fax Mobile Email Mail Step Export Import
Login Page Button Cheers Sds Sincerely Have Thanks Thank Best Yours Kind Many Saludos Saluti Cordialement Groeten
Viele Vielen Mit Freundliche Danke Merci Gracias Grazie Obrigado Obrigada Att Cordiali Distinti Met Cordialmente
Atenciosamente Sr Sra Mr Mrs Ms Dr Prof Herr Frau Herrn Mme Monsieur Madame Dott Sig Signora Dhr Mevr Ing Mag Lic Drs
Eng FYI ASAP URGENT TODO NB Grüße Grüßen Grüsse Gruß Gruss Wünsche Dank Regards Wishes Groet Groeten Day Friend Expert
Admin Dev Developer
"""
_NOT_NAMES = frozenset(_NOT_NAMES_WORDS.split())
"""What begins a sentence or names a product or a group, where a name could stand."""
_FEW_WORDS = 5
_FIRST_WORD = re.compile(r"\w+(?:['’.]\w+)?")
_PARTICLES = re.compile(rf"{PARTICLE}\Z")


def _name(match: re.Match[str]) -> Iterable[tuple[int, int]]:
    """Tell a name from a word that begins a sentence, a product, and words in small letters.

    Small letters are looked at here, because outside of Latin-1 they lie between the capitals.
    """
    found = match["it"]
    first = _FIRST_WORD.match(found)
    if first is not None and first[0] in _NOT_NAMES:
        return ()
    if any(word[0].islower() and not _PARTICLES.match(word) for word in found.split()):
        return ()
    return (match.span("it"),)


def _spoken(match: re.Match[str]) -> Iterable[tuple[int, int]]:
    """Tell a name from a product's: no word of it is one that names none."""
    return () if any(word[0] in _NOT_NAMES for word in _FIRST_WORD.finditer(match["it"])) else _name(match)


def _signed(match: re.Match[str]) -> Iterable[tuple[int, int]]:
    """Tell a signature from a sentence below "Thanks": a first name alone has at most a few words behind it."""
    end = match.end("it")
    behind = match.string[end : end + 100].partition("\n")[0].split()
    return () if " " not in match["it"] and len(behind) > _FEW_WORDS else _name(match)


def _before_address(match: re.Match[str]) -> Iterable[tuple[int, int]]:
    """Return all in quotation marks, or the words behind the last one that is no name."""
    begin, end = match.span("it")
    if match["it"].startswith('"'):
        return ((begin, end),)
    for word in _FIRST_WORD.finditer(match.string, begin, end):
        if word[0] in _NOT_NAMES:
            begin = word.end() + 1
    return ((begin, end),) if begin < end else ()


def _finder(pattern: str, words: str = "", signs: tuple[str, ...] = (), spans: Spans = _name) -> Finder:
    return Finder("name", re.compile(pattern), spans, frozenset(words.split()), signs)


_GREETED = """
dear hi hello hey good greetings hallo liebe lieber liebes sehr guten moin servus bonjour bonsoir salut cher chère
chere hola estimado estimada querido querida buenos buenas ciao salve gentile caro cara buongiorno buonasera egregio
beste geachte hoi dag goedemorgen goedemiddag goedeavond goedenavond olá ola prezado prezada oi bom boa
"""
_TAKEN_LEAVE = """
regards wishes rgds all care sincerely yours truly faithfully respectfully warmly thanks thank thx tia cheers best
have mfg lg vg bg grüßen gruessen grüssen grueßen grüße gruesse grüsse grueße hochachtungsvoll schönen schönes gruß
gruss dank danke cordialement amicalement vous cdlt cdt respectueusement bientôt salutations merci bonne bien saludo
saludos atentamente atte abrazo gracias buen saluti saluto cordialmente cordialità grazie buona presto fede groet
groeten groetjes mvg g gr hoogachtend fijne bedankt atenciosamente att cumprimentos obrigado obrigada grato grata
уважением пожеланиями доброго повагою уважение εκτίμηση poważaniem pozdrawiam pozdravem üdvözlettel saygılarımla
hälsning hälsningar toi br 谢谢 謝謝 此致 敬具 よろしくお願いします よろしくお願いいたします 감사합니다
hilsen terveisin stimă poštovanjem abraço abraços abs sds atento atenta muchísimas
"""
_SAID = """
name heiße heisse appelle nom llamo nombre chiamo nome naam heet chamo this it here am m hier bin c est ici suis soy
aquí aqui habla sono qui parla dit ik spreekt sou fala quem
"""
_ADDRESSED = """
mr mrs ms miss mx dr prof herr herrn frau monsieur madame mme m señor señora sr sra don doña signor signora sig dott
heer mevrouw dhr mevr senhor senhora dipl ing mag lic avv rag eng engº drs ir me
"""
_INTO = rf"{TITLES}(?P<it>{NAME})"
_FULLY = rf"{TITLES}(?P<it>{FULL_NAME})"
_BLANK_LINES = r"(?:[ \t\u00a0>]{0,8}\r?\n){0,8}"
_CLAUSE = r"(?:\A|[\n.!?,;])[ \t>]{0,8}(?=[^\W\d_])"
_FAREWELL = rf"{_CLAUSE}(?i:{CLOSED})(?!\w)"
_FAREWELL_LINE = rf"{_CLAUSE}(?i:{LED_IN}{CLOSED})(?!\w)"

FINDERS = (
    _finder(
        rf"(?<![\w'’.{MARKS}・·-])(?P<it>{NAME}|\"[^\"\n]{{1,60}}\")(?=[ ]?<\[email\]>|[ ]?[(]\[email\][)])",
        signs=("[email]",),
        spans=_before_address,
    ),
    _finder(
        rf"(?m)^[ \t>]{{0,8}}{GREETING}[ ]{{1,2}}{TITLE}?(?P<it>{NAME})(?=[ ]{{0,2}}(?:[,!:;]|[.–—-](?!\w)|$))",
        _GREETED,
    ),
    _finder(rf"(?m)^[ \t>]{{0,8}}{GREETING}[ ]{{1,2}}{TITLE}(?P<it>{NAME})", _GREETED),
    _finder(  # on the farewell's own line
        rf"{_FAREWELL}[ \t]{{0,3}}(?:\.{{0,3}}[,!:–—-]{{1,2}}[ \t]{{0,3}}|\.{{0,3}}[ \t]{{1,3}}|\.(?=[A-ZÀ-Þ][a-zß-ÿ]))"
        rf"(?:[-–—~*][ ]?)?{BY_ORDER}?{NO_FAREWELL}{_INTO}(?=[ \t]{{0,8}}[.,]?[ \t]{{0,8}}(?:\r?\n|\Z|[(|]|\[))",
        _TAKEN_LEAVE,
    ),
    _finder(  # on a line below it
        rf"{_FAREWELL_LINE}[ \t]{{0,3}}[,.!:;–—-]{{0,3}}[ \t]{{0,8}}\r?\n{_BLANK_LINES}[ \t\u00a0>]{{0,8}}"
        rf"{RULE}(?:[-–—~*_]{{1,2}}[ ]?)?{BY_ORDER}?{NO_FAREWELL}{_INTO}{BEHIND}",
        _TAKEN_LEAVE,
        spans=_signed,
    ),
    _finder(  # below the delimiter of a signature
        rf"(?:\A|\n)--[ ]?\r?\n(?:[ \t]{{0,8}}\r?\n){{0,2}}{BY_ORDER}?{_FULLY}{BEHIND}",
        signs=("--\n", "-- \n", "--\r", "-- \r"),
    ),
    _finder(  # below what a phone adds
        rf"(?:\A|\n){SENT_FROM}\r?\n(?:[ \t]{{0,8}}\r?\n){{0,2}}{BY_ORDER}?{_FULLY}{BEHIND}",
        "sent gesendet von envoyé enviado inviato verzonden verstuurd",
    ),
    _finder(
        rf"(?m)^[ \t>]{{0,8}}{BY_ORDER}{_FULLY}{BEHIND}",
        "i a v ia iv im in pp ppa p o fdr f namens gez sgd signed per po b",
    ),
    _finder(rf"(?<![\w'’-]){PRESENTED}[ ]{_FULLY}{FROM_WHERE}", _SAID, spans=_spoken),
    _finder(
        rf"(?:\A|[\n,!.])[ \t]{{0,4}}{_FULLY}[ ](?:here|hier|ici|aqu[ií]|qui)"
        rf"(?=[ ](?:from|at|with|v[oa][nm]|aus|de|da|di)\b|[,.:–-])",
        "here hier ici aquí aqui qui",
        spans=_spoken,
    ),
    _finder(rf"(?<![\w'’-]){SPEAKING}[ ]{_INTO}{FROM}", _SAID),
    _finder(
        rf"(?:\A|(?:\A|\n)[ \t>]{{0,8}}(?:{GREETING})[^\n.]{{0,40}}[,.!:;\n]\s{{0,12}})(?:[Hh](?:i|ello|allo),?[ ])?"
        rf"{PRESENTED}[ ]{_FULLY}(?=[ ]?[.,;:!(\n–-]|[ ](?:and|und|et|y|e|en)[ ]|\Z)",
        _SAID,
        spans=_spoken,
    ),
    _finder(rf"{INTRODUCED}:?[ ]{TITLE}?(?P<it>{NAME})", _SAID),
    _finder(
        rf"(?m)^[ \t>]{{0,8}}{FIELD}[ ]?:[ \t]{{1,4}}{TITLE}?(?P<it>{PART}(?:{LINK}{{0,2}}[ ]{PART}){{1,3}})"
        rf"(?=[ \t]{{0,8}}(?:[<(,]|\r?$))",
        signs=(":",),
    ),
    _finder(rf"\b{TITLE}(?P<it>{PART}(?:{LINK}{{0,2}}[ ]{PART}){{0,2}})", _ADDRESSED),
)
"""A name before an address, in a greeting, a farewell, an introduction, a field of a form, and behind a title."""

_ROLES_WORDS = """
info support help helpdesk admin administrator office contact contacts sales billing team mail email hello service
services account accounts test user users guest root webmaster postmaster noreply reply newsletter orders order
invoice invoices customer customers desktop mobile home work company group news press jobs kontakt vertrieb
buchhaltung rechnung comptabilite contacto ventas vendite ordini verkoop export import report reports dashboard api
login password error bug feature free standard premium enterprise public private staff security privacy data cloud web
app application system windows google
"""
_ROLES = frozenset(_ROLES_WORDS.split())
_SHORTEST, _SHORTEST_ACCOUNT = 3, 4


def known_names(known: Iterable[str]) -> Iterator[Finder]:
    """Return what finds the requester's name: whole in any case, its parts where they are written as names are.

    A part in small letters may be a word ("mark", "will"), and so stays.
    """
    for each in dict.fromkeys(filter(None, map(str.strip, known))):
        address = "@" in each
        words = [
            word
            for word in re.findall(r"[^\W\d_]{1,40}", each.partition("@")[0] if address else each)
            if word.lower() not in _ROLES
        ][:5]
        parts = [word for word in words if len(word) >= _SHORTEST]
        if not parts:
            continue
        if len(words) > 1:
            yield _any_case(r"[ ._+-]{1,2}".join(map(re.escape, words)))
        elif len(parts[0]) >= _SHORTEST_ACCOUNT and not address:
            yield _any_case(re.escape(parts[0]))
        if address or len(words) > 1:
            shown = sorted(
                {form for part in parts for form in (part.capitalize(), part.upper())}, key=len, reverse=True
            )
            yield Finder("name", re.compile(rf"(?<!\w)(?P<it>{'|'.join(map(re.escape, shown))})(?!\w)"))


def _any_case(pattern: str) -> Finder:
    return Finder("name", re.compile(rf"(?i)(?<!\w)(?P<it>{pattern})(?!\w)"))
