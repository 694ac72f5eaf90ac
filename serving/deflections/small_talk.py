"""Detect messages that are no question: greetings, closings, requests for a person, and "that did not help".

In the seven languages of `phrases`. Accents are ignored, because many people leave them out.
"""

import re
from typing import Final, Literal

from rapidfuzz.distance import OSA

from retrieval.index.codes import codes
from triage.text.nobody.closing import FAREWELL, SOLVED, THANKS, closing_kinds, is_automatic_text
from triage.text.nobody.phrase_patterns import STOP, Phrases, folded, read, said

_LONG: Final = 400  # characters; a longer text says what it is about, and "talk to someone" in it is no request
_SHORT: Final = 120  # nobody needs more to say that something did not help

_GREETINGS: Final = {
    "en": "hi|hello|hey|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|thanks|thank you|ok|okay|test",
    "de": "hallo|guten (?:tag|morgen|abend)|moin|servus|danke|gruss gott|vielen dank",
    "fr": "bonjour|salut|bonsoir|merci|coucou",
    "es": "hola|buenos dias|buenas(?: tardes| noches)?|gracias",
    "it": "ciao|buongiorno|buonasera|salve|grazie",
    "nl": "hoi|hallo|goedemorgen|goedemiddag|goedenavond|goedendag|dag|bedankt|dank u",
    "pt": "ola|oi|bom dia|boa tarde|boa noite|obrigad[oa]",
}
_TAIL: Final = r"(?: there| all| team| everyone| support| you)?[\s!.,?👋]*"
_END: Final = r"[\s!.,?…😀-🙏👋]*$"
_GREETING: Final = re.compile(rf"^(?:(?:{'|'.join(_GREETINGS.values())}){_TAIL}){{1,3}}{_END}")
_FIRST: Final = {language: re.compile(rf"^(?:{words})\b") for language, words in _GREETINGS.items()}

#: Greetings long enough that a word with one slip of the keyboard is still that word.
_LONG_GREETINGS: Final = (
    *("hello", "hallo", "greetings", "morning", "morgen", "guten", "bonjour", "bonsoir", "salut", "servus"),
    *("buongiorno", "buonasera", "buenos", "buenas", "goedemorgen", "goedemiddag"),
)
#: Words of their own that are one slip away from a greeting.
_NO_GREETINGS: Final = frozenset({"hell", "hells", "cello", "hall", "halls", "halt", "salt", "serves", "warning"})
_SHORT_GREETINGS: Final = {
    **dict.fromkeys(("hy", "hai", "hihi"), "hi"),
    **dict.fromkeys(("heya", "heyo"), "hey"),
    "holla": "hola",
    "halo": "hallo",
    "chao": "ciao",
    "olla": "ola",
}
_GREETING_WITH_SLIPS: Final = 40  # characters; whoever writes more asks something
_DRAWN_OUT: Final = re.compile(r"([a-z])\1+(?![a-z])")  # hiii, heyyy, hellooo
_WORD: Final = re.compile(r"[a-z]+")

_PERSON: Final = re.compile(
    r"\b(?:(?:talk|speak|chat|connect me|put me through|transfer me|escalate)\b.{0,20}\b(?:to|with)\b.{0,20}"
    r"\b(?:human|person|agent|someone|somebody|representative|rep|operator|support team)\b"
    r"|(?:can|could) (?:i|we) (?:get|have) an? (?:real |live )?(?:human|person|agent|operator)\b"
    # de: einem Menschen sprechen, ich will einen Mitarbeiter
    r"|(?:jemandem|(?:einem|einen|einer|dem|ihrem|eurem) (?:echten )?(?:menschen|mitarbeiter(?:in)?|person"
    r"|berater(?:in)?|kundendienst|support))\b.{0,20}\b(?:sprechen|reden|chatten|verbinden|verbunden)\b"
    r"|ich (?:will|mochte|brauche)(?: gerne?)? (?:einen? )(?:echten? )?(?:menschen|mitarbeiter(?:in)?|person|berater)\b"
    # fr
    r"|parler (?:a|avec) (?:une? (?:vraie? )?(?:humain|personne|conseill\w+|agent|operat\w+|etre humain)|quelqu.un)\b"
    r"|je (?:veux|voudrais|souhaite) une? (?:vraie? )?(?:humain|personne|conseill\w+|agent)\b"
    # es
    r"|(?:hablar|chatear) con (?:una? )?(?:persona|agente|humano|alguien|operador|asesora?|representante|ser humano)\b"
    r"|(?:quiero|necesito) una? (?:persona|agente|humano|operador|asesor)\b"
    # it
    r"|parlare con (?:una? |un.)?(?:persona|operat\w+|umano|qualcuno|essere umano|agente|addetto)\b"
    r"|(?:voglio|vorrei) una? (?:persona|operatore|umano|essere umano)\b"
    # nl
    r"|(?:(?:een|met) (?:een )?(?:echte? )?(?:mens|medewerker|persoon|agent)|iemand)\b.{0,12}"
    r"\b(?:spreken|praten|chatten)\b"
    r"|(?:spreken|praten|chatten) met (?:een )?(?:echte? )?(?:mens|medewerker|persoon|iemand|agent)\b"
    r"|ik wil (?:een )(?:echte? )?(?:mens|medewerker|persoon)\b"
    # pt
    r"|(?:falar|conversar) com (?:uma? )?(?:pessoa|atendente|humano|alguem|agente|operador\w*|ser humano)\b"
    r"|(?:quero|preciso de) uma? (?:pessoa|atendente|humano)\b)"
)
#: One of these words and nothing else but politeness.
_BARE: Final = re.compile(
    r"^(?:an? |real |live |customer |support |service |einen? |echter? |une? |una |een |um |uma )*"
    r"(?:human|person|agent|operator|representative|mensch(?:en)?|mitarbeiter(?:in)?|humain|personne|conseiller|humano"
    r"|persona|agente|umano|operatore|mens|medewerker|pessoa|atendente)"
    r"(?:,? ?(?:please|now|bitte|s.il vous plait|por favor|per favore|alstublieft|aub|svp))*[\s!.?]*$"
    r"|^(?:please |bitte |just )?(?:stop|end|quit|exit|leave|stopp\w?|beende\w?|arretez|arrete|stoppez|para|parar|pare"
    r"|detenga|ferma|fermate|basta con) (?:the |this |your |that |den |diesen |le |ce |el |este |il |de "
    r"|o )?(?:chat ?bot|bot|robot|robo|machine|ai|ki)(?:,? ?(?:please|now|bitte|svp|por favor|per favore|aub))*[\s!.]*$"
)
#: About the answer that was given ("this did not help"), never about the product ("sync does not work").
_DISSATISFIED: Final = re.compile(
    r"^(?:no|nope|nein|non|nee|nao)?[\s,.!]*(?:sorry[\s,.]*)?(?:"
    r"(?:that|this|it|your answer|the answer)(?: (?:really|still|just))?(?: (?:did|does|is|was|has))?(?: ?n[o']?t)"
    r"(?: (?:really|at all|even|been))?"
    r" (?:help(?:ed|ful|ing)?|work(?:ed)?|useful|what i (?:asked|meant|need|want)|answer(?: my question)?|an answer)"
    r"|(?:that|this)(?: is|'s| was) (?:useless|no help|wrong|not it|nonsense)|useless|not helpful|no help|wrong answer"
    r"|(?:you|u|this (?:chat)?bot|the (?:chat)?bot)(?: are|'re| is|'s)?(?: (?:so|totally|completely|really|just|all))?"
    r" (?:useless|no help|not helpful|unhelpful)"
    r"|(?:du|sie|ihr|der bot)(?: bist| sind| seid| ist)(?: (?:so|total|vollig|echt))? (?:nutzlos|keine hilfe)"
    r"|(?:tu es|vous etes|le bot est)(?: (?:si|trop|vraiment))? inutiles?|(?:eres|son|es usted)(?: un)? inutil(?:es)?"
    r"|(?:sei|siete) inutil[ei]|(?:je|jij|u|jullie) (?:bent|zijn)(?: (?:echt|zo))? nutteloos"
    r"|(?:voce|tu) (?:e|es) inutil"
    r"|(?:das|es) (?:hilft|hat|ist|war)(?: mir| leider)*(?: gar)? (?:nicht|nutzlos|falsch|keine hilfe)"
    r"(?: (?:weiter|geholfen|hilfreich|weitergeholfen|funktioniert|meine frage))*|nicht hilfreich|nutzlos"
    r"|(?:ca|cela)(?: ne)? (?:m.)?(?:aide|marche|fonctionne|repond) pas(?: du tout)?"
    r"|(?:ca|cela) (?:ne )?(?:m.a|n.a) pas (?:aide|marche|fonctionne)|(?:c.est )?inutile|pas utile"
    r"|(?:eso |esto )?no (?:me )?(?:ayuda|ayudo|sirve|sirvio|funciono|ha ayudado|ha servido)|inutil"
    r"|(?:questo )?non (?:mi )?(?:aiuta|serve|e utile|ha aiutato|e servito|ha funzionato)|inutile"
    r"|(?:dat|dit) (?:helpt|hielp|heeft|werkt|werkte|is)(?: me| mij)? niet(?: geholpen| nuttig)?|nutteloos"
    r"|(?:isso |isto )?nao (?:me )?(?:ajuda|ajudou|serve|serviu|funcionou)"
    r")(?: me| for me| either| at all| please)?[\s!.,?]*$"
)

#: What a first message says of the product, not of an answer: "it does not work".
_OF_THE_PRODUCT: Final = re.compile(
    r"work|funktioniert|marche|fonctionne|sirve|sirvio|funciono|non serve|servito"
    r"|funzionato|werkt|nao serve|serviu|funcionou"
)

_PHRASES: Final[dict[str, Phrases]] = read("serving.deflections", "small_talk.toml")

_AUTOMATIC_READ: Final = 2_000

#: Words that say nothing of what is asked: the beginning of a question, "um", and a bare call for help.
_EMPTY: Final = frozenset(
    """
    a aber again ahm aide aider aiutami aiuto ajuda ajude also and any anybody anyone are avec ayuda ayudame
    besoin bitte brauche but can ce che chi com come comment como con cosa could cual cuando da das de dear dem
    den der did die do does donde dove e een ein eine el en er err error es est esto et eu euh favor fehler for
    frage geht hallo hello help here hey hi hilf hilfe hm hmm ho hoe how hulp i ich iets ik il in io is isso
    issue ist it ja je just kan kann know la le les man me met mi mir mit moi mon my nao necesito nee need nein nicht
    niet no non not now o oder of oh ok okay on onde one or ou oui para pas per perche please pls plz por porque posso
    pourquoi preciso problem probleme puis qual quale quand quando que quel quelle quem question qui quick quien
    quoi serve si sie sil sim so something te that the there they this to uh uhm um uma un una und vous vraag waar
    waarom wanneer warum was wat we well wenn wer what whats when where which who why wie wieso with wo y yeah yes
    yep you
    """.split()  # noqa: SIM905 - a list of quoted words hides what is in it
)
#: Words that ask: who is angry and wants to know something is answered.
_ASKING: Final = frozenset(
    """
    how what where when why which can could wie was wo wann warum kann konnen comment quoi ou quand pourquoi como
    donde cuando quando come dove perche hoe waar wanneer waarom onde
    """.split()  # noqa: SIM905 - as above
)
#: Numbers that name an error by themselves.
_STATUS: Final = re.compile(r"[45]\d\d")


def is_greeting(text: str) -> bool:
    """Tell whether the text only greets or thanks."""
    if len(text) >= _LONG:
        return False
    words = folded(text)
    return _GREETING.match(words) is not None or _GREETING.match(_rightly_spelt(words)) is not None


def greeting_language(text: str, preferred: str) -> str:
    """Return the language of a greeting: the preferred one where its words are used in several, or in none."""
    words = folded(text)
    if _GREETING.match(words) is None:
        words = _rightly_spelt(words)
    spoken = [language for language, first in _FIRST.items() if first.match(words)]
    return preferred if preferred in spoken or not spoken else spoken[0]


def _rightly_spelt(words: str) -> str:
    """Return a short text with greetings as they are spelt; any other text as it is."""
    if len(words) >= _GREETING_WITH_SLIPS:
        return words
    return _WORD.sub(lambda match: _greeting_meant(match[0]), _DRAWN_OUT.sub(r"\1", words))


def _greeting_meant(word: str) -> str:
    if word in _SHORT_GREETINGS:
        return _SHORT_GREETINGS[word]
    if word in _NO_GREETINGS:
        return word
    return next((each for each in _LONG_GREETINGS if OSA.distance(word, each, score_cutoff=1) <= 1), word)


def asks_for_person(text: str) -> bool:
    """Tell whether the text asks for a person in so many words."""
    if len(text) >= _LONG:
        return False
    words, every = folded(text), said(text)
    listed = any(_PHRASES[kind].are_in(every) for kind in ("person", "called"))
    return listed or _PERSON.search(words) is not None or _BARE.match(words) is not None


def complains(text: str) -> bool:
    """Tell whether a short text is angry and asks nothing; capitals make no difference."""
    if len(text) >= 2 * _SHORT or "?" in text:
        return False
    words = said(text)
    return not _ASKING.intersection(words) and _PHRASES["complaint"].are_in(words)


def closing(text: str) -> Literal["confirming", "closing"] | None:
    """Tell whether a text only closes: `confirming` where it thanks or says that it works now, None for anything else.

    Thanks, "it works now", farewells, friendly emoji and automatic replies: nobody has to do anything about them.
    """
    if "?" not in text and is_automatic_text(text[:_AUTOMATIC_READ]):
        return "closing"
    kinds = closing_kinds(text)
    if kinds & {THANKS, SOLVED}:
        return "confirming"
    # "Bom dia" is said when one comes and when one goes.
    return "closing" if FAREWELL in kinds and not is_greeting(text) else None


def says_nothing(text: str) -> bool:
    """Tell whether nothing is asked yet: there are no words, or only ones that begin a question, or a bare number.

    A code ("E-17") is no bare number.
    """
    if len(text) >= _SHORT:
        return not any(map(str.isalnum, text))
    return not codes(text) and all(_is_empty(word) for word in said(text) if word != STOP)


def _is_empty(word: str) -> bool:
    if word.isdigit():
        return _STATUS.fullmatch(word) is None
    return word in _EMPTY or (len(word) == 1 and word.isascii())


def is_dissatisfied(text: str) -> bool:
    """Tell whether the text says that an answer did not help, and nothing more."""
    return len(text) < _SHORT and _DISSATISFIED.match(folded(text)) is not None


def scolds(text: str) -> bool:
    """Tell whether a first message says only that the help is no good; "it does not work" is about the product."""
    return is_dissatisfied(text) and _OF_THE_PRODUCT.search(folded(text)) is None
