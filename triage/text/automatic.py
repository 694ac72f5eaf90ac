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
_SUBJECT = re.compile(
    _PREFIX + r"(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response|responder)|autoreply|automated reply"
    r"|out of (?:the )?office(?=\s*(?:[:\-]|re\b|$|until|reply))"
    r"|automatische antwort|abwesenheits(?:notiz|meldung|nachricht|assistent)|nicht im (?:büro"
    r"|haus)\s*(?::|$)|réponse automatique"
    r"|message (?:automatique|d.absence)|absence du bureau|absent(?:e)? du bureau"
    r"|respuesta automática|fuera de (?:la )?oficina\s*(?::|$)|risposta automatica"
    r"|fuori (?:sede|ufficio)\s*(?::|$)|automatisch antwoord|afwezigheids(?:bericht|melding)"
    r"|afwezig\s*:|resposta automática|fora do escritório\s*(?::|$)"
    r"|undelivered mail|undeliverable:|mail delivery (?:failed|failure|subsystem|system)"
    r"|delivery status notification|delivery has failed to|returned mail\b|failure notice"
    r"|unzustellbar:|nicht zustellbar:|non remis ?:|échec de (?:la )?remise"
    r"|no se puede entregar|impossibile recapitare"
    r"|mancato recapito|onbestelbaar:|não foi possível entregar"
    r"|read(?: receipt)?:|gelesen:|lu\s?:|leído:|letto:|gelezen:|lida:|lesebestätigung"
    r"|confirmation de lecture|confirmación de lectura|conferma di lettura"
    r"|leesbevestiging|confirmação de leitura|newsletter\s?[:#\d]|your weekly (?:digest|newsletter))",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"\s{0,9}(?:this is (?:an automat(?:ic|ed) (?:reply|response|message|e-?mail)|the mail (?:system"
    r"|delivery))|\*{2,} ?this is an automat|automatic reply\b"
    r"|dies ist eine automatisch|diese (?:e-?mail|nachricht) wurde automatisch"
    r"|ceci est (?:une réponse|un message) automatique"
    r"|est[ea] es (?:una respuesta|un mensaje) automátic|quest[oa] è (?:una risposta"
    r"|un messaggio) automatic|dit is een automatisch"
    r"|esta é uma (?:resposta|mensagem) automática|esta é (?:uma )?resposta automática)",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\bi(?:'m| am|\u2019m) (?:currently |now )?(?:out of (?:the )?office|on (?:annual |parental "
    r"|sick |maternity )?(?:leave|vacation|holiday)|away from (?:the|my) (?:office|desk))"
    r"|\bich bin (?:derzeit |zurzeit |momentan |aktuell |bis \S{1,20} "
    r"|vom [^.\n]{1,40} ){0,2}(?:nicht im (?:büro|haus)|im urlaub|abwesend|außer haus)"
    r"|\bje suis (?:actuellement )?(?:absente?|en congés?|en vacances|hors du bureau)"
    r"|\bestoy (?:actualmente )?(?:fuera de la oficina|de vacaciones|ausente)"
    r"|\bsono (?:attualmente )?(?:fuori (?:sede|ufficio)|in ferie|assente)"
    r"|\bik ben (?:momenteel )?(?:afwezig|met vakantie|op vakantie|niet op kantoor)"
    r"|\bestou (?:atualmente )?(?:fora do escritório|de férias|ausente)",
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
    return _AWAY.search(begin) is not None and _BACK.search(begin) is not None


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
