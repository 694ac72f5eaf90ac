"""Where a name stands: behind a greeting, a farewell, an introduction, a title, in a field of a form.

In English, German, French, Spanish, Italian, Dutch and Portuguese. Parts of patterns, for `personal_names`.
"""

from __future__ import annotations

_CAPITALS = "A-ZÀ-ÖØ-Þ\u0100-\u024f\u0370-\u058f\u1e00-\u1fff"  # from Ā on also small letters; see `_written_as_names`
_CASELESS = (  # Hebrew, Arabic, Indic scripts and Thai, Georgian, kana, Chinese characters, Hangul
    "\u05d0-\u05ea\u0620-\u064a\u0671-\u06d3\u0904-\u0e33\u10d0-\u10ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
)
MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u0670\u0900-\u0903\u093a-\u094f\u0e31-\u0e4e\u200c\u200d"
PART = (
    rf"(?:[{_CAPITALS}](?:[\w'’{MARKS}-]{{0,2}}\.|[\w'’{MARKS}-]{{0,30}})"
    rf"|[{_CASELESS}][{_CASELESS}{MARKS}・·-]{{0,30}})"
)
PARTICLE = (
    r"(?:van|von|vom|de|der|den|del|della|da|dos|das|do|la|le|di|du|zu|zum|zur|bin|bint|ben|ibn|al|el|ter|ten|te|af|y|e"
    r"|['’]t)"
)
_LEADING = r"(?:van|von|vom|de|der|den|del|della|da|di|du|zu|zum|al|el|bin|ben|ter|ten)"
LINK = rf"(?:[ ]{PARTICLE})"
NAME = rf"(?:{_LEADING}[ ]){{0,2}}{PART}(?:{LINK}{{0,2}}[ ]{PART}){{0,3}}"
FULL_NAME = rf"(?:{_LEADING}[ ]){{0,2}}{PART}(?:{LINK}{{0,2}}[ ]{PART}){{1,3}}"
TITLE = (
    r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Monsieur|Madame|Mme|M\.|Señora?|Sra?|Don|Doña|Signora?|Sig|Dott|Heer|heer"
    r"|Mevrouw|mevrouw|Dhr|Mevr|Senhora?|Dipl\.?-?[ ]?(?:Ing|Kfm|Kffr|Inf)|Ing|Mag|Lic|Avv|Rag|Drs|Ir"
    r"|Engº?)\.?[ ])"
)
GREETING = (
    r"(?:Dear|Hi|Hello|Hey|Good (?:morning|afternoon|evening)|Greetings|Hallo|Liebe[rs]?|Sehr geehrte[rs]?"
    r"|Guten (?:Tag|Morgen|Abend)"
    r"|Moin|Servus|Bonjour|Bonsoir|Salut|Ch[eè]re?|Hola|Estimad[oa]|Querid[oa]"
    r"|Buen(?:os|as) (?:d[ií]as|tardes|noches)|Ciao|Salve"
    r"|Gentile|Car[oa]|Buon(?:giorno|asera)|Egregio|Beste|Geachte|Hoi|Dag|Goede(?:morgen|middag|n?avond)|Ol[áa]|Prezad[oa]|Oi"
    r"|Bo(?:m dia|a tarde|a noite))"
)
_FAREWELL = (
    r"(?:(?:(?:kind|kindest|best|warm|warmest|many|with kind|with best) )?(?:regards|wishes)|rgds"
    r"|all the best|take care"
    r"|(?:yours )?(?:sincerely|truly|faithfully)|sincerely yours|yours|respectfully|warmly"
    r"|(?:many |with )?thanks(?: in advance| again| a lot| so much)?|thank you(?: very much| so much| in advance)?"
    r"|thx|tia|cheers|best|have a (?:nice|good|great) (?:day|week|weekend|evening)"
    r"|mfg|lg|vg|bg|(?:mit )?(?:freundlichen?|besten?|herzlichen?|lieben?|vielen?|schönen?|viele|liebe|beste) "
    r"gr(?:ü|ue)(?:ß|ss)en?|hochachtungsvoll|schönen (?:tag|abend)(?: noch)?|schönes wochenende"
    r"|(?:lieben |besten |schönen )?gru(?:ß|ss)|(?:vielen |besten |herzlichen )?dank(?: im voraus)?"
    r"|danke(?: im voraus| schön)?"
    r"|(?:bien )?(?:cordialement|amicalement|à vous)|cdl?t|respectueusement|à bientôt"
    r"|(?:meilleures |sincères )?salutations"
    r"|merci(?: d'avance| beaucoup)?|bonne (?:journée|soirée|fin de journée)|bien à vous"
    r"|(?:reciba )?(?:un )?(?:cordial |afectuoso )?saludos?(?: cordial(?:es)?)?|atentamente|atte|un abrazo"
    r"|(?:muchas |mil )?gracias(?: de antemano)?|buen día|quedo atent[oa]"
    r"|(?:cordiali |distinti |un )?salut[io]|cordialmente|cordialità|grazie(?: mille| in anticipo)?|buona giornata"
    r"|a presto|in fede"
    r"|(?:met )?(?:vriendelijke |hartelijke )?groet(?:en|jes)?|m\.?v\.?g|(?:vr\.? )?gr|hoogachtend|fijne dag"
    r"|(?:alvast |hartelijk )?bedankt"
    r"|atenciosamente|att|(?:com os melhores |os melhores |melhores )?cumprimentos|(?:muito )?obrigad[oa]|grat[oa]"
    r"|(?:um )?abraços?|abs|sds|bom dia de trabalho"
    r"|с уважением|с наилучшими пожеланиями|всего доброго|з повагою|с уважение|με εκτίμηση|z poważaniem|pozdrawiam"
    r"|s pozdravem|üdvözlettel|saygılarımla|(?:med )?vänliga? hälsning(?:ar)?|br"
    r"|hilsen|bien à toi"
    r"|谢谢|謝謝|此致|敬具|よろしくお願い(?:いた)?します|감사합니다|(?:med )?(?:vennlig|venlig) hilsen"
    r"|ystävällisin terveisin|cu stimă|s poštovanjem)"
)
_CONNECTED = r"(?:[ \t]{0,2}(?:/|\||&|,|;|and|und|et|y|e|en|·|–|-)[ \t]{0,2})"
NO_FAREWELL = (
    r"(?!(?:Regards|Best|Kind|Warm|Many|Thanks?|THANKS|Cheers|Sincerely|Yours|Have|TIA|Viele[n]?|Mit|Liebe|Beste|Schöne[nr]?"
    r"|Freundliche|Herzliche|Gr(?:ü|ue)(?:ß|ss)e|Gru(?:ß|ss)|Danke|DANKE|Cordialement|Bien|Merci|Bonne|Un|Saludos?|Gracias"
    r"|Atentamente|Cordiali|Distinti|Saluti|Grazie|Cordialmente|Buona|Met|Groet(?:en|jes)?|Bedankt|Atenciosamente"
    r"|Obrigad[oa]|Cumprimentos|Sds|Abraços?|Att|MfG|LG|VG|Mvg)(?!\w))"
)
_PLACE = r"(?:[ ](?:from|aus|de|desde|da|uit|vanuit|depuis)[ ][^\W\d_]{2,20})"
LED_IN = r"(?:[^\W\d_]{1,14}[ ]){0,4}?"
CLOSED = rf"(?:{_FAREWELL}(?:{_CONNECTED}{_FAREWELL}){{0,2}}{_PLACE}?)"
BY_ORDER = (
    r"(?:(?:(?:[iI]\.[ ]?[AVav]\.?|i[AV]|[iI][ ]?[AV]\.)(?=[\s:])|ppa?\.?|p\.?[ ]?[poO]\.?|per pro\.?|[iI]m Auftrag"
    r"|[iI]n Vertretung|f\.?d\.?r\.?|namens|gez\.?|sgd\.?|signed|[pPb]/[oO])[ \t]{0,2}:?[ \t]{0,2}"
    r"(?:\r?\n[ \t\u00a0>]{0,8}){0,4})"
)
RULE = r"(?:(?:[-–—_~*=]{1,40}[ \t]{0,3}(?:\r?\n[ \t\u00a0>]{0,8}){1,4})?)"
TITLES = rf"(?:(?!Don){TITLE}){{0,3}}"
BEHIND = (
    r"(?=[ \t]{0,8}(?:[.,!][ \t]{0,8})?(?:\r?\n|\Z|[(|]|\[(?!name\]))"
    r"|[ \t]{0,4}(?:[,|/·•@–—-]|-{1,2}|[ ](?:from|at|of|von|bei|de|chez|da|di|van|bij)[ ])[^\n?!]{1,80}(?:\n|\Z))"
)
SENT_FROM = r"(?:(?:Sent|Gesendet|Von meinem|Envoyé|Enviado|Inviato|Verzonden|Verstuurd) ?[^\n]{0,60})"
INTRODUCED = (
    r"(?:[Mm]y (?:full )?name(?: is|['’]s)|[Mm]ein Name ist|[Ii]ch hei(?:ß|ss)e|[Jj]e m['’]appelle|[Mm]on nom est"
    r"|[Mm]e llamo"
    r"|[Mm]i nombre es|[Mm]i chiamo|[Ii]l mio nome è|[Mm]ijn naam is|[Ii]k heet|[Mm]eu nome é|[Mm]e chamo|[Cc]hamo-me)"
)
SPEAKING = (
    r"(?:(?:[Tt]his|[Hh]ere) is|[Hh]ier (?:ist|spricht|schreibt|is)|[Ii]ci|[Aa]qu[ií](?: es| est[áa])?|[Hh]abla"
    r"|[Qq]ui è|[Pp]arla|[Dd]it is|[Uu] spreekt met|[Aa]qui (?:é|fala)|[Ff]ala|[Qq]uem fala é)(?:[ ][oa])?"
)
PRESENTED = (
    rf"(?:{SPEAKING}|[Cc]['’]est|[Ii] am|[Ii]['’]m|[Ii]ch bin|[Jj]e suis|[Ss]oy|[Ss]ono|[Ii]k ben|[Ss]ou(?:[ ][oa])?)"
)
FROM = r"(?=,?[ ](?:from|calling|writing|speaking|here|von|vom|aus|de|chez|desde|di|da|van|do)\b)"
FROM_WHERE = (
    r"(?=,?[ ](?:from|calling|writing|speaking|here|at|with|of|v[oa][nm]|aus|bei|d[aeiou]|della|chez|desde|bij|uit|dos)"
    r"\b)"
)
FIELD = (
    r"(?:(?:Full |First |Last |Contact |Customer |Your )?[Nn]ame|Surname|Vorname|Nachname|Nom"
    r"|Pr[ée]nom|Nombre|Apellidos?|Nome"
    r"|Cognome|Naam|Achternaam|Voornaam|Sobrenome|Contact|Kontakt|Ansprechpartner|Signed|Sent by|From|Von|De|Da|Van)"
)
