"""Mail that a machine wrote: automatic replies, bounces, read receipts and newsletters.

By the fields of its header where they are known (RFC 3834, RFC 3464, RFC 8098, RFC 2369), else by the words that
machines put into the subject or at the beginning of the text, in the shipped languages. A person who writes about such
a mail is no machine: the words have to stand where machines put them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_READ = 1_500  # characters of a text in which a machine says what it is
_BULK = {"bulk", "list", "junk", "auto_reply"}
_BY_PRESENCE = {
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-failed-recipients", "list-unsubscribe",
    "list-id", "x-loop", "feedback-id",
}  # fmt: skip
_REPORT = re.compile(r"multipart/report|message/(?:delivery-status|disposition-notification)", re.IGNORECASE)
_PREFIX = r"\s{0,5}(?:(?:re|aw|fwd?|wg|rv|tr|r|sv)\s?:\s{0,3}){0,3}\[?"
_ENDS = r"(?=\s{0,3}(?:[:\]\-\u2013]|$|re\b|aw\b|until|bis|from|vom|jusqu|hasta|fino|tot|até))"
_SUBJECT = re.compile(
    _PREFIX + r"(?:(?:auto(?:matic)?[ -]?(?:reply|response|responder)|autoreply|automated reply"
    r"|out of (?:the )?office(?: reply)?|automatische antwort|abwesenheits(?:notiz|meldung|nachricht|assistent)"
    r"|réponse automatique|message (?:automatique|d.absence)|absen(?:ce|te?) du bureau|respuesta automática"
    r"|risposta automatica|automatisch antwoord|afwezigheids(?:bericht|melding)|resposta automática|lesebestätigung"
    r"|confirmation de lecture|confirmación de lectura|conferma di lettura|leesbevestiging|confirmação de leitura)"
    + _ENDS
    + r"|(?:nicht im (?:büro|haus)|fuera de (?:la )?oficina|fuori (?:sede|ufficio)|fora do escritório)\s*(?::|$)"
    r"|afwezig\s*:|read(?: receipt)?:|gelesen:|lu\s?:|leído:|letto:|gelezen:|lida:"
    r"|newsletter\s?[:#\d]|(?:your |the )?(?:daily|weekly|monthly) (?:digest|newsletter|round-?up)\b"
    r"|\[?(?:status ?page|statuspage\.io|uptime ?robot|pingdom|pagerduty|datadog|opsgenie|grafana|zabbix|nagios"
    r"|prometheus|site24x7|better stack)\]? ?:? ?\[?(?:resolved|recovered|recovery|ok|up|closed)\b)",
    re.IGNORECASE,
)
_BOUNCE = re.compile(
    _PREFIX + r"(?:undelivered mail|undeliverable:|mail delivery (?:failed|failure|subsystem|system)"
    r"|delivery status notification|delivery has failed to|returned mail\b|failure notice"
    r"|unzustellbar:|nicht zustellbar:|non remis ?:|échec de (?:la )?remise|no se puede entregar"
    r"|impossibile recapitare|mancato recapito|onbestelbaar:|não foi possível entregar)",
    re.IGNORECASE,
)
#: A person who sends a bounce on says so.
_COMPLAINS = re.compile(
    r"\?|\b(?:i|i'm|my|me|we|our|ich|mein\w{0,2}|wir|unser\w{0,2}|je|mes|nous|nos|notre|yo|mis?|nuestr\w{1,2}|io"
    r"|mi[oae]i?|nostr\w|ik|mijn|wij|onze|eu|meus?|minhas?|nós|noss\w)\b",
    re.IGNORECASE,
)
_COMPLAINT = 300  # characters of a text in which a person says it
_BEGINS = re.compile(
    r"\s{0,9}(?:(?:hi\. )?this is (?:an automat(?:ic|ed) (?:reply|response|message|e-?mail)|the (?:mail (?:system"
    r"|delivery)|qmail-send))"
    r"|(?:this|the) incident (?:has been|is now|is|was) (?:resolved|closed)\b"
    r"|\*{2,} ?this is an automat|automatic reply\b"
    r"|dies ist eine automatisch|diese (?:e-?mail|nachricht) wurde automatisch"
    r"|ceci est (?:une réponse|un message) automatique"
    r"|est[ea] es (?:una respuesta|un mensaje) automátic|quest[oa] è (?:una risposta"
    r"|un messaggio) automatic|dit is een automatisch"
    r"|esta é uma (?:resposta|mensagem) automática|esta é (?:uma )?resposta automática)",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\bi(?:'m| am|\u2019m|'ll be|\u2019ll be| will be) (?:currently |now )?(?:out of (?:the )?office"
    r"|on (?:annual |parental |sick |maternity )?(?:leave|vacation|holidays?)"
    r"|away (?:from (?:the|my) (?:office|desk)|until|till|from))"
    r"|\b(?:ich )?(?:bin|befinde mich|wir sind) (?:ich )?(?:derzeit |zurzeit |momentan |aktuell |leider |ab morgen "
    r"|bis \S{1,20} |vom [^.\n]{1,40} |vom \d{1,2}\. bis \d{1,2}\. ?\w{0,9} ){0,2}"
    r"(?:nicht im (?:büro|haus|dienst)|im (?:\w{1,15})?urlaub|abwesend|außer haus|verreist)"
    r"|\b(?:je )?(?:suis|serai|nous sommes) (?:actuellement |en ce moment )?(?:absente?s?|en congés?|en vacances"
    r"|hors du bureau|en déplacement)"
    r"|\b(?:estoy|estaré|me encuentro|estamos) (?:actualmente )?(?:fuera de la oficina|de vacaciones|ausente|de viaje)"
    r"|\b(?:sono|sarò|siamo|mi trovo) (?:attualmente )?(?:fuori (?:sede|ufficio)|in ferie|in vacanza|assente)"
    r"|\b(?:ik )?(?:ben|wij zijn|we zijn) (?:ik )?(?:momenteel |nu )?(?:afwezig|met vakantie|op vakantie|met verlof"
    r"|niet op kantoor)"
    r"|\b(?:estou|estarei|encontro-me|estamos) (?:atualmente |neste momento )?(?:fora do escritório|de férias|em férias"
    r"|ausente|de licença)",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"will (?:reply|answer|respond|get back)"
    r"|thank you for your (?:message|e-?mail)"
    r"|limited access|in urgent|for urgent|nach meiner rückkehr|wieder (?:da|erreichbar|im büro)"
    r"|in dringenden|vielen dank für ihre (?:nachricht|e-?mail)"
    r"|(?:à|dès) mon retour|en cas d.urgence|serai de retour|merci (?:de|pour) votre (?:message|mail)"
    r"|a mi (?:vuelta|regreso)|estaré de vuelta|si es urgente|en caso de urgencia|gracias por su"
    r"|al mio (?:ritorno|rientro)|rientrerò|grazie per|bij terugkomst|weer (?:terug|bereikbaar)"
    r"|voor dringende|bedankt voor uw|no meu regresso|estarei de volta|obrigado pel",
    re.IGNORECASE,
)

_SHORT = 400  # characters of a text that says that somebody is away and nothing else
_CLAUSE = re.compile(r"(?<!\d)[.!]+|[\n,;:]+|\s[-\u2013]\s")
_WHEN = re.compile(
    r"(?:\s|\d[\w./:-]*+|jusqu[’']|dall[’']|all[’']|\b(?:until|till|from|through|to|the|of|on|next|this|including|again"
    r"|back|today|tomorrow|week|weeks|month|end|noon|bis|vom|von|zum|zur|ab|am|den|der|dem|einschließlich|kommenden"
    r"|nächste[nr]?|woche|monats?|ende|heute|morgen|au|aux?|du|le|la|de|à|partir|fin|inclus|semaine|mois|prochaine?"
    r"|demain|hasta|el|del|al|desde|próxim[oa]|semana|mes|mañana|inclusive|fino|a|il|dal|settimana|mese|prossim[oa]"
    r"|compreso|domani|tot|met|en|van|volgende|week|maand|eind|vanaf|morgen|até|o|ao|mês|dia|do|da|desde|amanhã|fim"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|(?:lune|marte|mercole|giove|vener)d[iì]|sabato|domenica|(?:maan|dins|woens|donder|vrij|zater|zon)dag"
    r"|(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?"
    r"|(?:jan|feb|mar|apr|mai|may|ma[ïi]|jun|jui|jul|aug|ago|sep|sett|set|oct|okt|ott|out|nov|dec|dez|dic|fév|fev|avr|abr"
    r"|mär|maa|maart|mei|giu|gen|lug|enero|ene|aoû|déc|mag)\w{0,8})\b)*",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"(?:hello|hi|dear|hallo|guten|sehr geehrte|bonjour|hola|buenos|buenas|estimad|ciao|buongiorno|salve|gentil|beste"
    r"|goede|dag|olá|bom dia|boa|prezad|thanks|thank you|danke|vielen dank|merci|gracias|grazie|bedankt|dank|obrigad"
    r"|regards|best|kind|viele|liebe|freundliche|mit|mfg|cordialement|bien|saludos|un saludo|saluti|cordiali|groeten"
    r"|met|cumprimentos|atenciosamente|abraços)[\w\sßéèàõçãê]{0,40}",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:[A-ZÀ-Þ][\w.'-]{0,20}\s?){1,3}")


def is_automatic(subject: str, text: str, headers: Mapping[str, str] | None = None) -> bool:
    """Say whether a machine wrote a mail.

    Parameters
    ----------
    subject
        As people see it.
    text
        As people see it; its beginning counts.
    headers
        Fields of its header by their names in any case, as far as they are known.

    Returns
    -------
    bool
    """
    if headers and _says_header({name.lower(): value.strip() for name, value in headers.items()}):
        return True
    begin = text[:_READ]
    if _SUBJECT.match(subject[:_READ]) or _BEGINS.match(begin):
        return True
    if _BOUNCE.match(subject[:_READ]) and not _COMPLAINS.search(text[:_COMPLAINT]):
        return True
    return _AWAY.search(begin) is not None and (_BACK.search(begin) is not None or _only_says_away(text))


def _only_says_away(text: str) -> bool:
    """Say whether a text says that somebody is away, perhaps until when, and besides that only greets."""
    if len(text) > _SHORT or "?" in text:
        return False
    clauses = [clause.strip() for clause in _CLAUSE.split(text)]
    away = [clause for clause in clauses if (found := _AWAY.match(clause)) and _WHEN.fullmatch(clause[found.end() :])]
    others = (clause for clause in clauses if clause and clause not in away)
    return bool(away) and all(_WHEN.fullmatch(x) or _POLITE.fullmatch(x) or _NAME.fullmatch(x) for x in others)


def _says_header(headers: Mapping[str, str]) -> bool:
    submitted = headers.get("auto-submitted", "no").lower()
    if not submitted.startswith("no") or not _BY_PRESENCE.isdisjoint(headers):
        return True
    if headers.get("precedence", "").lower() in _BULK or headers.get("return-path") == "<>":
        return True
    sender = headers.get("from", "").lower()
    return (
        "mailer-daemon@" in sender or "postmaster@" in sender or bool(_REPORT.search(headers.get("content-type", "")))
    )
