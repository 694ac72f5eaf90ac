"""Words by which somebody wants something, in seven languages."""

from __future__ import annotations

import re
from typing import Final

#: How words begin that say what is wanted or wrong, without accents.
_WANTED: Final = re.compile(
    r"account|acceso?|acesso|access|aiuto|ajuda|annul|arreg|ausfall|avari|ayuda|beschwerde|broken|bug|cancel|chang|cobr"
    r"|compte|conta|cuenta|crash|defe[ck]t|delete|devol|disdett|dringend|erro|error|export|factu|fail|fatt?ur|fehler"
    r"|fix|geld|geht|guasto|hilf|help|import|invoice|issue|kapot|kaputt|konto|kundig|kuendig|langsam|loesch|losch|login"
    r"|missing|nothing|onderbreking|opzeg|outage|panne|pass?wor[dt]|pedido|problem|quebr|rechnung|reclam|reembols"
    r"|refund|reklam|rembours|rescind|resili|reset|rimbors|rotur|slow|stop|storing|storn|storung|stoerung|supprim"
    r"|terugbetal|unlock|update|upgrade|urgen|wrong|zahlung|zugang"
)
_TO_DO: Final = (
    r"(?:cancel|close|delete|remove|fix|repair|check|reset|refund|unlock|lock|block|change|update|stop|restore|ship"
    r"|k[üu]ndig|stornier|sperr|entsperr|l[öo]sch|[äa]nder|pr[üu]f|erstatt|stopp|beheb|freischalt|reparier|schick"
    r"|annul|r[ée]sili|supprim|rembours|corrig|v[ée]rifi|bloqu|d[ée]bloqu|r[ée]initiali|modifi"
    r"|anul|reembols|elimin|borr|arregl|revis|desbloque|cambi|env[ií]e"
    r"|cancell|rimbors|blocc|sblocc|ripristin|corregg|opzeg|terugbetal|verwijder|blokke|herstel|wijzig"
    r"|exclu|bloque|alter|corrij|verifi|restaur)"
)
_ASKS: Final = re.compile(
    r"\?|\b(?:please|bitte|veuillez|merci (?:de |d['\u2019])|por favor,?|per favore,?|si prega di|alstublieft,?"
    rf"|gelieve) (?:also |auch |noch |bien |te )?{_TO_DO}"
    r"|\bi (?:really |urgently )?(?:need|want)\b|\bich (?:brauche|ben[öo]tige)\b|\bj['\u2019]ai (?:\w{1,12} )?besoin"
    r"|\bnecesito\b|\bho (?:\w{1,12} )?bisogno\b|\bik heb (?:\S{1,20} ){1,4}nodig\b|\bpreciso\b",
    re.IGNORECASE,
)


def is_wanted(word: str) -> bool:
    """Say whether a word says what is wanted or wrong; with a capital it looks like a name.

    It comes in small letters and without accents.
    """
    return _WANTED.match(word) is not None


def asks(text: str) -> bool:
    """Say whether a text asks, or says what is to be done or needed. Who writes that somebody is away does not."""
    return _ASKS.search(text) is not None
