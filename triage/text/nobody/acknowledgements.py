"""Mails by which another desk says that it has received something and answers later, in seven languages."""

from __future__ import annotations

import re
from typing import Final

_READ: Final = 1_500  # characters
_RECEIVED: Final = re.compile(
    r"we(?:['\u2019]ve| have) (?:just |successfully )?received your (?:request|message|e-?mail|enquiry|inquiry|ticket)"
    r"|your (?:request|message|e-?mail|enquiry|inquiry|ticket|case) (?:\S{1,20} )?(?:has been|was) (?:successfully )?"
    r"(?:received|registered|logged|created|recorded)"
    r"|ihre (?:anfrage|nachricht|e-?mail) (?:\S{1,20} )?(?:erhalten|ist (?:bei uns )?eingegangen"
    r"|wurde (?:erfasst|registriert|aufgenommen))|eingangsbestätigung"
    r"|(?:nous avons bien reçu|nous accusons réception de) votre (?:demande|message|e-?mail|courriel)"
    r"|votre demande (?:\S{1,20} )?a (?:bien )?été (?:enregistrée|reçue)|accusé de réception"
    r"|hemos recibido su (?:solicitud|mensaje|correo|consulta)|acuse de recibo"
    r"|su (?:solicitud|consulta) ha sido (?:recibida|registrada)"
    r"|abbiamo ricevuto la (?:sua|vostra) (?:richiesta|e-?mail|segnalazione)"
    r"|la (?:sua|vostra) richiesta è stata (?:ricevuta|registrata)"
    r"|we hebben uw (?:vraag|aanvraag|bericht|e-?mail|verzoek) (?:goed )?ontvangen|ontvangstbevestiging"
    r"|uw (?:aanvraag|verzoek) is (?:geregistreerd|ontvangen)"
    r"|recebemos (?:a )?(?:sua|o seu|seu) (?:solicitação|pedido|mensagem|e-?mail)"
    r"|sua solicitação foi (?:recebida|registrada|registada)",
    re.IGNORECASE,
)
_SHALL: Final = re.compile(
    r"(?:we|team|agents?|staff|representative|specialist) (?:will|shall|['\u2019]ll) (?:\w{1,12} ){0,2}"
    r"(?:get back|respond|reply|be in touch|contact|answer)"
    r"|(?:ticket|case|reference|request) ?(?:number|no\.?|id|#)|do not reply"
    r"|(?:melden|kümmern) (?:wir )?uns|antworten ihnen|(?:ticket|vorgangs|bearbeitungs)-?nummer|antworten sie nicht"
    r"|(?:werden|wird) (?:\S{1,20} ){0,6}(?:beantwort\w{1,4}|bearbeite\w{1,2}|melden)"
    r"|(?:répondr|recontacter|traiter|reviendr)(?:ons|a|ont)\b|numéro de (?:ticket|dossier|demande)|ne pas répondre"
    r"|responderemos|contactaremos|atenderemos|se pondrá en contacto|le contestaremos"
    r"|número de (?:ticket|caso|solicitud)|no responda"
    r"|risponderemo|contatteremo|riceverà una risposta|numero (?:di |del )?(?:ticket|pratica|richiesta)|non rispondere"
    r"|(?:nemen|neemt) (?:\S{1,20} ){0,6}contact|(?:beantwoorden|reageren)\b|(?:ticket|zaak|referentie)-?nummer"
    r"|entraremos em contat?o|número (?:do|de) (?:ticket|chamado|protocolo)|não responda",
    re.IGNORECASE,
)
#: Somebody speaks for themselves, asks, or has a but.
_SAYS_MORE: Final = re.compile(
    r"\?|\b(?:i|i'm|i've|my|ich|mein\w{0,2}|je|mes|mon|mis?|mio|mia|ik|mijn|eu|meu|minha|but|however|unfortunately|aber"
    r"|leider|mais|malheureusement|pero|lamentablemente|ma|purtroppo|maar|helaas|mas|infelizmente|missing|fehlt|manque"
    r"|falta|manca|ontbreekt)\b",
    re.IGNORECASE,
)


def acknowledges(text: str) -> bool:
    """Say whether a text says that something was received and will be answered, and wants nothing."""
    begin = text[:_READ]
    return bool(_RECEIVED.search(begin) and _SHALL.search(begin)) and not _SAYS_MORE.search(begin)
