"""Words in a text that a model takes for one that needs nobody, and by which somebody may want something after all.

A certificate says how often a label is wrong on tickets like those of the past. That few people wrote "thanks, but it
still fails" last year is no reason to answer none of them. What is found here costs a glance, and no more.
"""

from __future__ import annotations

import re
from typing import Final

from triage.text.mail_marks import REPLY
from triage.text.nobody.phrase_patterns import folded, said
from triage.text.nobody.reasons import NobodyReason
from triage.text.nobody.wishes import asks, is_wanted

_READ: Final = 4_000  # characters; whoever writes more does not only thank
_HELPED: Final = ("help", "fixed")
"""How words begin that are wanted elsewhere, and in thanks say what somebody did."""
#: A but, a no, a wish or an afterthought in seven languages, without accents and capitals.
_MORE: Final = re.compile(
    r"\b(?:but|however|still|yet|though|although|except|unless|unfortunately|not|no(?! (?:problem|worries|rush|hurry))"
    r"|never|nobody|none|cannot|cant|\w{2,6}n't|also|another|instead|maybe|perhaps|almost|nearly|partly|waiting|please"
    r"|wants?|wanted|needs?|needed|wish|could|would|should|can you|will you|when|where|why|how|what(?! an?\b)|one more"
    r"|more thing|by the way|btw|p\.? ?s\b|(?:call|contact|reach|tell|send|give|let) (?:me|us)|send|log ?in|money"
    r"|complain\w{0,5}|sue|lawyer|until|i (?:think|guess)|i have to"
    r"|aber|jedoch|leider|noch(?! ein\w{0,2} (?:schon|gut))|nicht|kein\w{0,2}|niemand|nichts|ausser|obwohl|trotzdem"
    r"|bitte|brauch\w{0,2}|mochte|ich will|wir wollen|konnte\w{0,2}|konnen sie|wann|warum|wieso|wie|schick\w{0,3}"
    r"|ruf\w{0,2}|allerdings|nur|sondern|geld"
    r"|mais|cependant|toutefois|malheureusement|toujours|(?<!merci )encore(?! merci)|ne|n'\w{1,20}|pas|jamais|rien"
    r"|personne|aussi|sauf|quand|pourquoi|comment|veux|voudrais|pourriez|pouvez|svp|s'il vous plait|argent|appelez"
    r"|envoyez|pero|sin embargo|aunque|todavia|aun|lamentablemente|nunca|nada|nadie|tampoco|tambien|salvo|cuando|donde"
    r"|por ?que|como|quiero|quisiera|podria|puede|por favor|dinero|envien?|llamen?"
    r"|ma|tuttavia|purtroppo|(?<!grazie )ancora(?! grazie)|non|mai|niente|nessuno|anche|tranne|quando|dove|perche"
    r"|voglio|vorrei|potrebbe|potete|per favore|soldi"
    r"|maar|echter|helaas|nog(?! een (?:fijne|prettige))|niet|geen|nooit|niets|niemand|ook|behalve|wanneer|waar|waarom"
    r"|hoe|wil|graag|kunt u|kunnen jullie|alstublieft|aub|geld"
    r"|mas|porem|contudo|infelizmente|ainda|nao|ninguem|exceto|onde|quero|gostaria|poderia|pode|dinheiro)\b"
)


def objects(reason: NobodyReason, subject: str, text: str, above_signature: str) -> bool:
    """Say whether a message may want something, whatever a model makes of it.

    Parameters
    ----------
    reason
        Why it would need nobody. Of thanks every but, no, wish and trouble counts; of a machine only what is asked,
        and where machines themselves ask their readers, what is to be done.
    subject
        As people see it. That of an answer is not part of what is said.
    text
        Its newest words, with all that stands below the farewell.
    above_signature
        Those of its newest words that stand above: a signature names accounts and support.

    Returns
    -------
    bool
    """
    title = "" if REPLY.match(subject[:200]) else subject
    if reason is NobodyReason.THANKS:
        words = (word for word in said(f"{title}\n{above_signature[:_READ]}") if not word.startswith(_HELPED))
        whole = f"{title}\n{text[:_READ]}"
        return len(text) > _READ or asks(whole) or any(map(is_wanted, words)) or _MORE.search(folded(whole)) is not None
    if reason in {NobodyReason.OUT_OF_OFFICE, NobodyReason.ACKNOWLEDGEMENT}:
        return asks(f"{title}\n{text}")
    return asks(f"{title}\n{text}".replace("?", " "))
