"""Find names of people: in greetings, signatures and introductions, and the requester's own name anywhere.

A name is found by its position (in English, German, French, Spanish, Italian, Dutch, Portuguese), not by a list: a list
knows few names of few countries, and half of them are ordinary words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_PART = r"[A-ZÀ-ÖØ-ÞŁŚŻŽŠČĆĐĞİ](?:[\w'’-]{0,2}\.|[\w'’-]{0,30})"
_PARTICLE = r"(?:van|von|de|der|den|del|della|da|dos|la|le|di|du|zu|bin|al)"
_LINK = rf"(?:[ ]{_PARTICLE})"
_NAME = rf"(?:{_PARTICLE}[ ]){{0,2}}{_PART}(?:{_LINK}{{0,2}}[ ]{_PART}){{0,3}}"
_NOT_A_NAME = (
    r"(?!(?:Team|Support|Sir|Sirs|Madam|All|Everyone|Everybody|There|Folks|Friends?|Community|Firstline|Customer|Service"
    r"|Experts?|Admins?|Devs?|Developers?|Mozilla|Firefox|Thunderbird|Windows|Microsoft|Apple|Google|Ladies|Gentlemen|World"
    r"|Help|Helpdesk|I|I'm|I’m|My|We|Our|The|This|In|It|Is|If|As|When|After|Since|Please|You|Can|Could|Any|Again|To|For|Whom"
    r"|Zusammen|Alle|Leute|Damen|Herren|Liebes|Ihr|Ich|Mein|Wir|Tous|Toutes|Je|Mon|Nous|Equipo|Equipe|Équipe|Todos|Todas|Señores"
    r"|Guys|Forum|Foro|Fórum|Comunidad|Communauté|People|Representative|TB|Excel|Word|Outlook|Office|Exchange|Edge|Teams"
    r"|Tutti|Squadra|Allemaal|Iedereen|Heer|Mevrouw|Pessoal|Senhores)\b)"
)
_TITLE = (
    r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Monsieur|Madame|Mme|M\.|Señora?|Sra?|Don|Doña|Signora?|Sig|Dott|Heer|heer"
    r"|Mevrouw|mevrouw|Dhr|Mevr|Senhora?)\.?[ ])"
)
_GREETING = (
    r"(?:Dear|Hi|Hello|Hey|Good (?:morning|afternoon|evening)|Greetings|Hallo|Liebe[rs]?|Sehr geehrte[rs]?"
    r"|Guten (?:Tag|Morgen|Abend)"
    r"|Moin|Servus|Bonjour|Bonsoir|Salut|Ch[eè]re?|Hola|Estimad[oa]|Querid[oa]"
    r"|Buen(?:os|as) (?:d[ií]as|tardes|noches)|Ciao|Salve"
    r"|Gentile|Car[oa]|Buon(?:giorno|asera)|Egregio|Beste|Geachte|Hoi|Dag|Goede(?:morgen|middag|n?avond)|Ol[áa]|Prezad[oa]|Oi"
    r"|Bo(?:m dia|a tarde|a noite))"
)
_FAREWELL = (
    r"(?:(?:(?:kind|best|warm|warmest|many|with kind|with best) )?(?:regards|wishes)"
    r"|(?:yours )?(?:sincerely|truly|faithfully)"
    r"|(?:many |with )?thanks(?: in advance| again| a lot| so much)?|thank you(?: very much| so much| in advance)?"
    r"|thx|cheers|best"
    r"|mfg|lg|vg|(?:mit )?(?:freundlichen?|besten?|herzlichen?|lieben?|vielen?|schönen?|viele|liebe|beste) "
    r"gr(?:ü|ue)(?:ß|ss)en?"
    r"|gru(?:ß|ss)|(?:vielen |besten |herzlichen )?dank(?: im voraus)?|danke"
    r"|(?:bien )?(?:cordialement|amicalement|à vous)|salutations|merci(?: d'avance| beaucoup)?|bonne journée"
    r"|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|(?:muchas )?gracias(?: de antemano)?"
    r"|(?:cordiali |distinti )?saluti|cordialmente|grazie(?: mille)?"
    r"|(?:met )?(?:vriendelijke |hartelijke )?groet(?:en|jes)?|mvg|(?:alvast )?bedankt"
    r"|atenciosamente|(?:com os melhores |melhores )?cumprimentos|(?:muito )?obrigad[oa]|abraços?)"
)
_INTRODUCED = (
    r"(?:[Mm]y name is|[Mm]ein Name ist|[Ii]ch hei(?:ß|ss)e|[Jj]e m['’]appelle|[Mm]on nom est|[Mm]e llamo"
    r"|[Mm]i nombre es"
    r"|[Mm]i chiamo|[Ii]l mio nome è|[Mm]ijn naam is|[Ii]k heet|[Mm]eu nome é|[Mm]e chamo|[Cc]hamo-me)"
)
_FIELD = (
    r"(?:(?:Full |First |Last |Contact |Customer |Your )?[Nn]ame|Surname|Vorname|Nachname|Nom"
    r"|Pr[ée]nom|Nombre|Apellidos?|Nome"
    r"|Cognome|Naam|Achternaam|Voornaam|Sobrenome|Contact|Kontakt|Ansprechpartner|Signed|Sent by|From|Von|De|Da|Van)"
)

MENTIONS: tuple[re.Pattern[str], ...] = (
    re.compile(
        rf"(?<![\w'’.-])(?P<it>{_NOT_A_NAME}{_NAME}|\"[^\"\n]{{1,60}}\")(?=[ ]?<\[email\]>|[ ]?[(]\[email\][)])"
    ),
    re.compile(
        rf"(?m)^[ \t>]*{_GREETING}[ ]{{1,2}}{_TITLE}?{_NOT_A_NAME}(?P<it>{_NAME})"
        rf"(?=[ ]{{0,2}}(?:[,!:;]|[.–—-](?!\w)|$))"
    ),
    re.compile(rf"(?m)^[ \t>]*{_GREETING}[ ]{{1,2}}{_TITLE}(?P<it>{_NAME})"),
    re.compile(
        rf"(?:\A|[\n.!?,;])[ \t>]{{0,8}}(?=[^\W\d_])(?i:{_FAREWELL})[ \t]{{0,3}}[,.!–—-]{{0,2}}[ \t]{{0,3}}"
        rf"\r?(?:\n[ \t>]*){{0,3}}(?:[-–—~*][ ]?)?"
        rf"{_NOT_A_NAME}(?P<it>{_NAME})(?=[ \t]*[.,]?[ \t]*(?:\r?\n|\Z|[(|]|\[))"
    ),
    re.compile(rf"{_INTRODUCED}:?[ ]{_TITLE}?{_NOT_A_NAME}(?P<it>{_NAME})"),
    re.compile(
        rf"(?m)^[ \t>]*{_FIELD}[ ]?:[ \t]{{1,4}}{_TITLE}?{_NOT_A_NAME}"
        rf"(?P<it>{_PART}(?:{_LINK}{{0,2}}[ ]{_PART}){{1,3}})(?=[ \t]*(?:[<(,]|\r?$))"
    ),
    re.compile(rf"\b{_TITLE}{_NOT_A_NAME}(?P<it>{_PART}(?:{_LINK}{{0,2}}[ ]{_PART}){{0,2}})"),
)
"""A name before an address, a greeting, a farewell, an introduction, a field of a form, and behind a title."""

_ROLES_WORDS = """
info support help helpdesk admin administrator office contact contacts sales billing team mail email hello
service services account accounts test user users guest root webmaster postmaster noreply reply newsletter
orders order invoice invoices customer customers desktop mobile home work company group news press jobs kontakt
vertrieb buchhaltung rechnung comptabilite contacto ventas vendite ordini verkoop export import report reports
dashboard api login password error bug feature free standard premium enterprise public private staff security
privacy data cloud web app application system windows google
"""
_ROLES = frozenset(_ROLES_WORDS.split())
_SHORTEST, _SHORTEST_ACCOUNT = 3, 4


def known_names(known: Sequence[str]) -> Iterator[re.Pattern[str]]:
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
            yield re.compile(rf"(?<!\w)(?P<it>{'|'.join(map(re.escape, shown))})(?!\w)")


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<!\w)(?P<it>{pattern})(?!\w)")
