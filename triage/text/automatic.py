"""Mail that a machine wrote: automatic replies, bounces, read receipts and newsletters.

By the fields of its header where they are known (`triage.text.nobody.headers`), else by the words that machines put
into the subject or at the beginning of the text, in the shipped languages. A person who writes about such a mail is no
machine: the words have to stand where machines put them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from triage.text.nobody.acknowledgements import acknowledges
from triage.text.nobody.headers import known_fields, reason_by, wants_no_answer
from triage.text.nobody.reasons import NobodyReason
from triage.text.nobody.wishes import asks

_READ = 1_500  # characters of a text in which a machine says what it is
_PREFIX = r"\s{0,5}(?:(?:re|aw|fwd?|wg|rv|tr|r|sv)\s?:\s{0,3}){0,3}\[?"
_ENDS = r"(?=\s{0,3}(?:[:\]\-\u2013]|$|re\b|aw\b|until|bis|from|vom|jusqu|hasta|fino|tot|até))"
_SUBJECT = re.compile(
    _PREFIX + r"(?:(?:(?P<reply>auto(?:matic)?[ -]?(?:reply|response|responder)|autoreply|automated reply"
    r"|automatische antwort|réponse automatique|message automatique|respuesta automática|risposta automatica"
    r"|automatisch antwoord|resposta automática)"
    r"|(?P<away>out of (?:the )?office(?: reply)?|abwesenheits(?:notiz|meldung|nachricht|assistent)"
    r"|message d.absence|absen(?:ce|te?) du bureau|afwezigheids(?:bericht|melding))"
    r"|(?P<receipt>lesebestätigung|confirmation de lecture|confirmación de lectura|conferma di lettura"
    r"|leesbevestiging|confirmação de leitura))"
    + _ENDS
    + r"|(?P<gone>(?:nicht im (?:büro|haus)|fuera de (?:la )?oficina|fuori (?:sede|ufficio)|fora do escritório)"
    r"\s*(?::|$)|afwezig\s*:)|(?P<read>read(?: receipt)?:|gelesen:|lu\s?:|leído:|letto:|gelezen:|lida:)"
    r"|(?P<newsletter>newsletter\s?[:#\d]|(?:your |the )?(?:daily|weekly|monthly) (?:digest|newsletter|round-?up)\b)"
    r"|(?P<status>\[?(?:status ?page|statuspage\.io|uptime ?robot|pingdom|pagerduty|datadog|opsgenie|grafana|zabbix"
    r"|nagios|prometheus|site24x7|better stack)\]? ?:? ?\[?(?:resolved|recovered|recovery|ok|up|closed)\b))",
    re.IGNORECASE,
)
_BY_SUBJECT = {
    "away": NobodyReason.OUT_OF_OFFICE,
    "gone": NobodyReason.OUT_OF_OFFICE,
    "receipt": NobodyReason.ACKNOWLEDGEMENT,
    "read": NobodyReason.ACKNOWLEDGEMENT,
    "newsletter": NobodyReason.NEWSLETTER,
    "status": NobodyReason.NOTIFICATION,
}
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
_CARRIED = re.compile(r"\n\s{0,3}-{4,}")  # what stands below is the mail that came back
_BEGINS = re.compile(
    r"\s{0,9}(?:(?:hi\. )?this is (?:an automat(?:ic|ed) (?:reply|response|message|e-?mail)|(?P<mailer>the"
    r" (?:mail (?:system|delivery)|qmail-send)))"
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
    r"|bis (?:\S{1,20} ){1,5}|vom [^.\n]{1,40} |vom \d{1,2}\. bis \d{1,2}\. ?\w{0,9} ){0,2}"
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
#: Enough where a subject, a header or the first words say that a machine answers.
_AWAY_WORD = re.compile(
    r"\b(?:out of (?:the )?office|(?:on|my) (?:\w{1,12} )?(?:leave|vacation|holidays?)"
    r"|(?:am|be|i['\u2019]m) (?:back|away|travell?ing)|\w{0,15}urlaub|abwesend"
    r"|nicht (?:im (?:büro|haus|dienst)|erreichbar)|wieder (?:im (?:büro|haus)|zurück|da\b)"
    r"|en congés?|en vacances|absent\b|absente\b|hors du bureau|de retour|de vacaciones|de vuelta|fuera de la oficina"
    r"|in ferie|in vacanza|fuori (?:sede|ufficio)|assente|vakantie|verlof|afwezig|niet op kantoor|de férias|em férias"
    r"|fora do escritório|de licença|ausente)\b",
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
    """Say whether a machine wrote a mail; see `machine_reason`."""
    return machine_reason(subject, text, headers) is not None


def machine_reason(subject: str, text: str, headers: Mapping[str, str] | None = None) -> NobodyReason | None:
    """Return what a mail is that a machine wrote.

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
    NobodyReason or None
        None where a person wrote it.
    """
    fields = known_fields(headers or {})
    by_header, by_words = reason_by(fields), _by_words(subject[:_READ], text)
    if by_header in {NobodyReason.ACKNOWLEDGEMENT, NobodyReason.NOTIFICATION}:  # the words say it better
        return by_words or (NobodyReason.OUT_OF_OFFICE if _says_away(text[:_READ]) else by_header)
    if by_header is None and by_words is None and wants_no_answer(fields) and "?" not in text[:_READ]:
        return NobodyReason.NOTIFICATION
    return by_header or by_words


def may_be_person(subject: str, text: str, headers: Mapping[str, str]) -> bool:
    """Say whether a person may have written what is taken for a machine's.

    Where only a list's header, or one of mail that was generated, says so; and where only the words of the text say
    that somebody is away. What heads an automatic reply, a bounce or a newsletter is a machine's for certain.
    """
    if _by_words(subject[:_READ], "") is not None:
        return False
    by_header, by_words = reason_by(known_fields(headers)), _by_words("", text)
    if by_header in {None, NobodyReason.NEWSLETTER, NobodyReason.NOTIFICATION}:
        return by_words in {None, NobodyReason.OUT_OF_OFFICE}
    return False


def _by_words(subject: str, text: str) -> NobodyReason | None:
    begin = text[:_READ]
    if (headed := _SUBJECT.match(subject)) is not None:
        away = NobodyReason.OUT_OF_OFFICE if _says_away(begin) else NobodyReason.ACKNOWLEDGEMENT
        return _BY_SUBJECT.get(headed.lastgroup or "", away)
    if _BOUNCE.match(subject) and (_BEGINS.match(begin) or not _COMPLAINS.search(_CARRIED.split(text[:_COMPLAINT])[0])):
        return NobodyReason.BOUNCE
    if (begun := _BEGINS.match(begin)) is not None:
        other = NobodyReason.OUT_OF_OFFICE if _AWAY.search(begin) else NobodyReason.NOTIFICATION
        return NobodyReason.BOUNCE if begun["mailer"] else other
    if acknowledges(begin):
        return NobodyReason.ACKNOWLEDGEMENT
    says_when = _BACK.search(begin) is not None and not asks(begin)
    is_away = _AWAY.search(begin) is not None and (says_when or _only_says_away(text))
    return NobodyReason.OUT_OF_OFFICE if is_away else None


def _says_away(begin: str) -> bool:
    """Say whether what a machine answered is that somebody is away."""
    return _AWAY.search(begin) is not None or _AWAY_WORD.search(begin) is not None


def _only_says_away(text: str) -> bool:
    """Say whether a text says that somebody is away, perhaps until when, and besides that only greets."""
    if len(text) > _SHORT or "?" in text:
        return False
    clauses = [clause.strip() for clause in _CLAUSE.split(text)]
    away = [clause for clause in clauses if (found := _AWAY.match(clause)) and _WHEN.fullmatch(clause[found.end() :])]
    others = (clause for clause in clauses if clause and clause not in away)
    return bool(away) and all(_WHEN.fullmatch(x) or _POLITE.fullmatch(x) or _NAME.fullmatch(x) for x in others)
