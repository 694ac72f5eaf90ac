"""What is no question: greetings, and asking for a person."""

import re

_END = r"[\s!.,?…😀-🙏👋]*$"
_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|thanks|thank you|ok|okay|test"
    r"|hallo|guten (?:tag|morgen|abend)|moin|servus|danke|bonjour|salut|bonsoir|merci|hola|buenos d[ií]as"
    r"|buenas(?: tardes)?|gracias|ciao|buongiorno|buonasera|grazie|ol[aá]|bom dia|boa tarde|obrigad[oa]"
    r"|hoi|goedemorgen|goedemiddag|bedankt)"
    r"(?: there| all| team| everyone| support| you)?[\s!.,?👋]*){1,3}" + _END,
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:(?:talk|speak|chat|connect me|put me through|transfer me|escalate)\b.{0,20}\b(?:to|with)\b.{0,20}"
    r"\b(?:human|person|agent|someone|somebody|representative|rep|operator|support team)"
    r"|(?:need|want|get me|give me|is there)\b.{0,12}\b(?:a |an |real |live |actual )+(?:human|person|agent|operator)\b"
    r"|(?:mit einem (?:menschen|mitarbeiter)|parler à (?:un|une) (?:humain|personne|conseiller)"
    r"|hablar con (?:una persona|un agente|un humano)|parlare con (?:una persona|un operatore)"
    r"|falar com (?:uma pessoa|um atendente|um humano)|een (?:mens|medewerker) spreken))",
    re.IGNORECASE,
)
_LONG = 400  # characters; a longer text says what it is about, and "talk to someone" in it is no request by itself


def is_greeting(text: str) -> bool:
    """Tell whether the text only greets or thanks."""
    return len(text) < _LONG and _GREETING.match(text) is not None


def asks_for_person(text: str) -> bool:
    """Tell whether the text asks for a person in so many words."""
    return len(text) < _LONG and _PERSON.search(text) is not None
