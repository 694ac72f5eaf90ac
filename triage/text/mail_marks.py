"""What quotations, forwarded mails and footers begin with, in the shipped languages and as the usual clients write it.

Every pattern is for one line (a header of a quotation for up to three lines joined) and has bounded repeats.
"""

from __future__ import annotations

import re

REPLY = re.compile(r"\s{0,5}(?:re|aw|antw|antwort|sv|rép|rif|r|ref|res)\s?(?:\[\d{1,3}\])?\s?:", re.IGNORECASE)
FORWARD = re.compile(
    r"\s{0,5}(?:(?:re|aw)\s?:\s?)?(?:fwd?|wg|tr|rv|i|doorst|enc|weitergeleitet|inoltro|reenv)\s?:", re.IGNORECASE
)
THANKS = re.compile(
    r"(?:(?:ok(?:ay)?|many|vielen|besten|herzlichen|tausend|muchas|mil|mille|muito|hartelijk) )?"
    r"(?:thanks?|thx|cheers|great|perfect|danke|dank|super|merci|gracias|grazie|bedankt|obrigad[oa])\b",
    re.IGNORECASE,
)
#: What keeps the subject of a thread alive, though the newest words thank.
PERSISTS = re.compile(
    r"n['\u2019]t\b|\b(?:still|not|no|yet|cannot|cant|down|fail\w*|errors?|when|update|news|waiting|worse|urgent\w*"
    r"|but|however|unfortunately"
    r"|noch|nicht|kein\w{0,2}|immer|wann|dringend|aber|leider"
    r"|pas|toujours|encore|quand|aucun\w?|plus personne|mais|todav[ií]a|a[úu]n|sigue\w?|cu[áa]ndo|pero"
    r"|non|ancora|quando|ma|purtroppo|nog|niet|geen|steeds|wanneer|maar|helaas|não|ainda|mas|infelizmente)\b",
    re.IGNORECASE,
)
_WROTE = (
    r"(?:wrote|writes|schrieb|geschrieben|a[ \xa0]écrit|écrit|escribi[óo]|ha[ \xa0]scritto|scrisse|scritto"
    r"|schreef|geschreven"
    r"|escreveu)"
)
_DATED = r"(?=[^\n]{0,400}(?:\d|@|\b(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)))"
HEADER = re.compile(
    rf"(?:(?:on|at|am|le|el|il|op|em|a|no dia|il giorno)\b{_DATED}[^\n]{{1,360}}?{_WROTE}\b[^\n]{{0,160}}"
    rf"|[\w'.-]{{2,40}}(?: [\w'.-]{{1,40}}){{0,3}} {_WROTE} (?:on|am|op|em|le|el|il)\b[^\n]{{0,60}}\d[^\n]{{0,100}}"
    rf"|[^\n<>]{{0,80}}<[^\s<>]{{1,120}}@[^\s<>]{{1,120}}>[^\n]{{0,80}}?{_WROTE}\b[^\n]{{0,100}}"
    rf"|[^\n]{{0,60}}\d{{4}}[^\n]{{0,60}}<[^\s<>]{{1,120}}@[^\s<>]{{1,120}}>)\s{{0,3}}:\s{{0,3}}",
    re.IGNORECASE,
)
OPENS = re.compile(
    rf"(?:on|at|am|le|el|il|op|em|a|no dia)\b[^\n]{{3,}}|[^\n]{{0,200}}[<@]|[^\n]{{0,200}}\b{_WROTE}\b", re.IGNORECASE
)
_KIND = (
    r"original[ -]message|reply message|original[- ]nachricht|ursprüngliche nachricht|message d'origine"
    r"|message original"
    r"|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|ursprungliche nachricht"
)
_FORWARDED = (
    r"forwarded message|forwarded by[^\n-]{0,80}|weitergeleitete nachricht|message transf[ée]r[ée]|message réexpédié"
    r"|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada|weitergeleitet von[^\n-]{0,80}"
)
SEPARATOR = re.compile(rf"-{{2,20}}\s?(?:(?P<forward>{_FORWARDED})|{_KIND})\s?-{{0,20}}", re.IGNORECASE)
BEGINS_FORWARD = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message (?:transféré|réexpédié)"
    r"|inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht"
    r"|início da mensagem (?:encaminhada|reencaminhada))"
    r"\s?:\s?",
    re.IGNORECASE,
)
REPLY_ABOVE = re.compile(
    r"[#\-= ]{0,10}(?:please )?(?:type your reply|reply|write your reply|antworten sie|bitte antworten sie"
    r"|schreiben sie ihre antwort|"
    r"répondez|veuillez répondre|responda|escriba su respuesta|rispondi|rispondere|typ uw antwoord|antwoord|responda)"
    r"[^\n]{0,60}\b(?:above|oberhalb|über|au-dessus|ci-dessus|encima|arriba|sopra|boven|acima)\b[^\n]{0,60}",
    re.IGNORECASE,
)
FROM = re.compile(r"[*_]{0,2}(?:from|von|de|da|van|expéditeur)\s?:[*_]{0,2}\s?\S", re.IGNORECASE)
FIELD = re.compile(
    r"[*_]{0,2}(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|envoyé|à|objet|enviado(?: el)?|fecha"
    r"|para|asunto|inviato|data|a"
    r"|oggetto|verzonden|aan|onderwerp|enviad[ao](?: em)?|assunto|reply-to|importance"
    r"|wichtigkeit)\s?:[*_]{0,2}(?:\s|$)",
    re.IGNORECASE,
)
RULE = re.compile(r"[_\-=]{20,200}")
POINTS_BELOW = re.compile(
    r"below|siehe unten|s\. u\.|untenstehend|unten|ci-dessous|plus bas|abajo|debajo|sotto|in calce"
    r"|onderstaand|hieronder|abaixo",
    re.IGNORECASE,
)
MOBILE = re.compile(
    r"(?:sent|gesendet|von meinem|von meiner|envoyé|enviado|inviato|verzonden|verstuurd"
    r"|diese nachricht wurde von meinem)\b[^\n]{0,60}"
    r"(?:iphone|ipad|android|mobile|mobil|handy|smartphone|samsung|galaxy|huawei|blackberry|outlook|mail\b"
    r"|móvil|cellulare|telefoon|celular"
    r"|telemóvel|portable|mobiel|thunderbird|yahoo|gmx)[^\n]{0,60}"
    r"|(?:get|hol(?:en sie sich)?|téléchargez|obtener|obtén|scarica|download|obter) outlook [^\n]{0,60}",
    re.IGNORECASE,
)
SYSTEM = re.compile(
    r"(?:this email is a service from|delivered by zendesk|powered by (?:zendesk|freshdesk|intercom|jira"
    r"|zammad)|\[[A-Z0-9]{5,8}-[A-Z0-9]{3,6}\]\s{0,3}$"
    r"|you (?:are receiving|received) this (?:e?-?mail|message|because)|view (?:it|this) (?:on|in|ticket"
    r"|request)|reply to this e?-?mail directly"
    r"|to (?:add|view)[^\n]{0,80}comments?,? reply|click here to unsubscribe|unsubscribe\b"
    r"|ticket[- ]?id\s?:|ticket #\d{1,12}\s{0,3}$|ref:_\w{5,80}:ref"
    r"|virenfrei\.|virus-free\.|diese e-mail wurde von avast)[^\n]{0,300}",
    re.IGNORECASE,
)
SAYS_MESSAGE = re.compile(
    r"\b(?:e-?mails?|message|communication|transmission|nachricht|messaggio|mensaje|bericht|mensagem"
    r"|courriel|correo|comunicaz|pièces? jointes?|attachments?)\b",
    re.IGNORECASE,
)
DISCLAIMS = re.compile(
    r"(?P<a>confidential|vertraulich|confidentiel|confidencial|riservat|vertrouwelijk|privileged)|"
    r"(?P<b>intended (?:only |solely )?(?:recipient|for)|addressee|bestimmt|empfänger|adressat"
    r"|destinataire|destinatari|destinatário|geadresseerde|bestemd)"
    r"|(?P<c>(?:in|by) (?:error|mistake)|irrtümlich|par erreur|por error|per errore|por engano|por erro"
    r"|ten onrechte|abusivamente|versehentlich)"
    r"|(?P<d>delete|vernichten|löschen sie|supprimer|détruire|elimin|cancell|verwijder|apag|notify (?:the"
    r"|us)|benachrichtigen|avertir)"
    r"|(?P<e>prohibited|unlawful|strictly|nicht gestattet|untersagt|interdit|prohibid|vietat|verboden"
    r"|proibid|unbefugt)",
    re.IGNORECASE,
)
ADDRESSES_READER = re.compile(
    r"\bif (?:you|it|this)\b|you (?:have|are)|reached you|sollten sie|(?:wenn|falls) sie|si (?:vous|usted"
    r"|ha recibido|no es|lo ha)"
    r"|qualora|se (?:lei|ha|avete|hai|non|voc|recebeu)|(?:indien|als|wanneer) u\b|caso (?:tenha|n.o|voc)",
    re.IGNORECASE,
)
DISCLAIMER_TITLE = re.compile(
    r"[*_ ]{0,4}(?:(?:e-?mail |legal |confidentiality )?disclaimer|confidentiality notice|legal notice"
    r"|vertraulichkeitshinweis|haftungsausschluss"
    r"|avis de confidentialité|aviso (?:legal|de confidencialidade?)|avviso di riservatezza"
    r"|please consider the environment|think before you print"
    r"|bitte denken sie an die umwelt|pensez à l'environnement)",
    re.IGNORECASE,
)
FAREWELL = re.compile(
    r"(?:(?:best|kind|warm|with (?:best|kind))\s(?:regards|wishes)|regards|sincerely|yours (?:sincerely"
    r"|truly|faithfully)"
    r"|mit (?:freundlichen|besten|lieben) gr(?:ü|ue)(?:ß|ss)en|(?:viele|beste|liebe|freundliche"
    r"|schöne) grüße|mfg|cordialement"
    r"|bien (?:à vous|cordialement)|salutations|saludos|un saludo|atentamente|cordiali saluti|distinti saluti|saluti"
    r"|met vriendelijke groet(?:en)?|groeten|mvg|atenciosamente|cumprimentos"
    r"|com os melhores cumprimentos)\s{0,3}[,.!]?\s{0,3}",
    re.IGNORECASE,
)
SIGNS = re.compile(
    r"(?=[A-ZÀ-Þ+\d(\[]|www|https?:|tel|m\.|t\.)[^.!?…]{1,80}|[^\s]{1,60}@[^\s]{1,60}|\S{0,80}\.\S{2,80}"
)
CONTINUES = re.compile(r"[^\n]{0,200}[<@;,][^\n]{0,200}")  # the second line of a long field
