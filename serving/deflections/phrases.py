"""Firstline's own phrases, by language. Answers are never written here: they quote articles."""

from typing import Final, Literal

Phrase = Literal[
    "welcome",
    "closing",
    "no_words",
    "person",
    "emergency",
    "unsure",
    "repeated",
    "dissatisfied",
    "complaint",
    "other_language",
    "which",
    "which_part",
    "holdout",
    "incident",
]

DEFAULT = "en"
PHRASES: dict[str, dict[Phrase, str]] = {
    "en": {
        "welcome": "Hello! What can we help you with?",
        "closing": "Thank you for letting us know. We are here whenever you need us.",
        "no_words": "What can we help you with? A few words are enough.",
        "person": "You asked for a person.",
        "emergency": "This sounds urgent, so it goes straight to a person.",
        "unsure": "No article answers it with enough certainty. A person will help you.",
        "repeated": "You asked this before. A person will help you.",
        "dissatisfied": "Sorry that this did not help. A person will help you.",
        "complaint": "Sorry for the trouble. A person will help you.",
        "other_language": "There is no article on this in your language. A person will help you.",
        "which": "Which of these is closest to what you need?",
        "which_part": "This article is about it. Which part do you need?",
        "holdout": "A person will help you.",
        "incident": "Is it about something else? Then say a little more, or ask for a person.",
    },
    "de": {
        "welcome": "Hallo! Womit können wir Ihnen helfen?",
        "closing": "Danke für Ihre Nachricht. Wir sind für Sie da, wann immer Sie uns brauchen.",
        "no_words": "Womit können wir Ihnen helfen? Ein paar Wörter genügen.",
        "person": "Sie möchten mit einem Menschen sprechen.",
        "emergency": "Das klingt dringend und geht deshalb direkt an einen Menschen.",
        "unsure": "Kein Artikel beantwortet das sicher genug. Ein Mensch hilft Ihnen weiter.",
        "repeated": "Das haben Sie schon einmal gefragt. Ein Mensch hilft Ihnen weiter.",
        "dissatisfied": "Es tut uns leid, dass das nicht geholfen hat. Ein Mensch hilft Ihnen weiter.",
        "complaint": "Es tut uns leid, dass Sie Ärger damit haben. Ein Mensch hilft Ihnen weiter.",
        "other_language": "Dazu gibt es keinen Artikel in Ihrer Sprache. Ein Mensch hilft Ihnen weiter.",
        "which": "Was davon kommt Ihrem Anliegen am nächsten?",
        "which_part": "Dieser Artikel handelt davon. Welchen Teil brauchen Sie?",
        "holdout": "Ein Mensch hilft Ihnen weiter.",
        "incident": "Geht es um etwas anderes? Dann schreiben Sie mehr dazu oder fragen Sie nach einem Menschen.",
    },
    "fr": {
        "welcome": "Bonjour ! Comment pouvons-nous vous aider ?",
        "closing": "Merci pour votre message. Nous restons à votre disposition.",
        "no_words": "Comment pouvons-nous vous aider ? Quelques mots suffisent.",
        "person": "Vous avez demandé à parler à une personne.",
        "emergency": "Cela semble urgent : votre message est transmis directement à une personne.",
        "unsure": "Aucun article n'y répond avec assez de certitude. Une personne va vous aider.",
        "repeated": "Vous avez déjà posé cette question. Une personne va vous aider.",
        "dissatisfied": "Désolés que cela n'ait pas aidé. Une personne va vous aider.",
        "complaint": "Désolés pour ces désagréments. Une personne va vous aider.",
        "other_language": "Il n'y a pas d'article à ce sujet dans votre langue. Une personne va vous aider.",
        "which": "Laquelle de ces propositions est la plus proche de votre question ?",
        "which_part": "Cet article en parle. Quelle partie vous faut-il ?",
        "holdout": "Une personne va vous aider.",
        "incident": "S'agit-il d'autre chose ? Précisez votre question, ou demandez à parler à une personne.",
    },
    "es": {
        "welcome": "¡Hola! ¿En qué podemos ayudarle?",
        "closing": "Gracias por su mensaje. Aquí estamos cuando nos necesite.",
        "no_words": "¿En qué podemos ayudarle? Bastan unas pocas palabras.",
        "person": "Ha pedido hablar con una persona.",
        "emergency": "Parece urgente, así que pasa directamente a una persona.",
        "unsure": "Ningún artículo lo responde con suficiente certeza. Una persona le ayudará.",
        "repeated": "Ya ha hecho esta pregunta. Una persona le ayudará.",
        "dissatisfied": "Lamentamos que no haya servido. Una persona le ayudará.",
        "complaint": "Lamentamos las molestias. Una persona le ayudará.",
        "other_language": "No hay ningún artículo sobre esto en su idioma. Una persona le ayudará.",
        "which": "¿Cuál de estas opciones se acerca más a lo que necesita?",
        "which_part": "Este artículo trata de ello. ¿Qué parte necesita?",
        "holdout": "Una persona le ayudará.",
        "incident": "¿Se trata de otra cosa? Cuéntenos un poco más o pida hablar con una persona.",
    },
    "it": {
        "welcome": "Salve! Come possiamo aiutarla?",
        "closing": "Grazie per il messaggio. Siamo qui quando ha bisogno di noi.",
        "no_words": "Come possiamo aiutarla? Bastano poche parole.",
        "person": "Ha chiesto di parlare con una persona.",
        "emergency": "Sembra urgente, quindi passa subito a una persona.",
        "unsure": "Nessun articolo risponde con sufficiente certezza. Una persona la aiuterà.",
        "repeated": "Ha già fatto questa domanda. Una persona la aiuterà.",
        "dissatisfied": "Ci dispiace che non sia stato utile. Una persona la aiuterà.",
        "complaint": "Ci scusiamo per il disagio. Una persona la aiuterà.",
        "other_language": "Non c'è un articolo su questo nella sua lingua. Una persona la aiuterà.",
        "which": "Quale di questi è più vicino a ciò che le serve?",
        "which_part": "Questo articolo ne parla. Quale parte le serve?",
        "holdout": "Una persona la aiuterà.",
        "incident": "Si tratta di altro? Ci dica qualcosa in più o chieda di parlare con una persona.",
    },
    "nl": {
        "welcome": "Hallo! Waarmee kunnen we u helpen?",
        "closing": "Bedankt voor uw bericht. We staan voor u klaar wanneer u ons nodig hebt.",
        "no_words": "Waarmee kunnen we u helpen? Een paar woorden zijn genoeg.",
        "person": "U wilt een medewerker spreken.",
        "emergency": "Dit klinkt dringend en gaat daarom meteen naar een medewerker.",
        "unsure": "Geen artikel beantwoordt dit met genoeg zekerheid. Een medewerker helpt u verder.",
        "repeated": "U heeft dit al eerder gevraagd. Een medewerker helpt u verder.",
        "dissatisfied": "Het spijt ons dat dit niet heeft geholpen. Een medewerker helpt u verder.",
        "complaint": "Onze excuses voor de hinder. Een medewerker helpt u verder.",
        "other_language": "Hierover is er geen artikel in uw taal. Een medewerker helpt u verder.",
        "which": "Welke van deze komt het dichtst bij wat u zoekt?",
        "which_part": "Dit artikel gaat erover. Welk deel hebt u nodig?",
        "holdout": "Een medewerker helpt u verder.",
        "incident": "Gaat het om iets anders? Schrijf er iets meer over, of vraag naar een medewerker.",
    },
    "pt": {
        "welcome": "Olá! Como podemos ajudar?",
        "closing": "Agradecemos a sua mensagem. Estamos aqui quando precisar.",
        "no_words": "Em que podemos ajudar? Bastam algumas palavras.",
        "person": "Você pediu para falar com uma pessoa.",
        "emergency": "Parece urgente, por isso vai direto para uma pessoa.",
        "unsure": "Nenhum artigo responde a isso com certeza suficiente. Uma pessoa vai ajudar você.",
        "repeated": "Você já fez esta pergunta. Uma pessoa vai ajudar você.",
        "dissatisfied": "Lamentamos que isto não tenha ajudado. Uma pessoa vai ajudar você.",
        "complaint": "Lamentamos o incómodo. Uma pessoa vai ajudar você.",
        "other_language": "Não há um artigo sobre isto no seu idioma. Uma pessoa vai ajudar você.",
        "which": "Qual destas opções está mais perto do que você precisa?",
        "which_part": "Este artigo trata disso. De qual parte você precisa?",
        "holdout": "Uma pessoa vai ajudar você.",
        "incident": "É sobre outra coisa? Conte um pouco mais ou peça para falar com uma pessoa.",
    },
}
#: By the customer's language: the sentence for a language that has a name here, and the names.
AVAILABLE_IN: Final = {
    "en": (
        "Available in {}: ",
        {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
         "pt": "Portuguese"},
    ),
    "de": (
        "Auf {} verfügbar: ",
        {"en": "Englisch", "de": "Deutsch", "fr": "Französisch", "es": "Spanisch", "it": "Italienisch",
         "nl": "Niederländisch", "pt": "Portugiesisch"},
    ),
    "fr": (
        "Disponible en {} : ",
        {"en": "anglais", "de": "allemand", "fr": "français", "es": "espagnol", "it": "italien", "nl": "néerlandais",
         "pt": "portugais"},
    ),
    "es": (
        "Disponible en {}: ",
        {"en": "inglés", "de": "alemán", "fr": "francés", "es": "español", "it": "italiano", "nl": "neerlandés",
         "pt": "portugués"},
    ),
    "it": (
        "Disponibile in {}: ",
        {"en": "inglese", "de": "tedesco", "fr": "francese", "es": "spagnolo", "it": "italiano", "nl": "olandese",
         "pt": "portoghese"},
    ),
    "nl": (
        "Beschikbaar in het {}: ",
        {"en": "Engels", "de": "Duits", "fr": "Frans", "es": "Spaans", "it": "Italiaans", "nl": "Nederlands",
         "pt": "Portugees"},
    ),
    "pt": (
        "Disponível em {}: ",
        {"en": "inglês", "de": "alemão", "fr": "francês", "es": "espanhol", "it": "italiano", "nl": "holandês",
         "pt": "português"},
    ),
}  # fmt: skip
#: The sentence for any other language.
AVAILABLE_ELSEWHERE: Final = {
    "en": "Available in another language: ",
    "de": "In einer anderen Sprache verfügbar: ",
    "fr": "Disponible dans une autre langue : ",
    "es": "Disponible en otro idioma: ",
    "it": "Disponibile in un'altra lingua: ",
    "nl": "Beschikbaar in een andere taal: ",
    "pt": "Disponível em outro idioma: ",
}


def phrase(name: Phrase, language: str | None) -> str:
    """Return a phrase in a language, in English where it is not one of ours."""
    return PHRASES.get(language or DEFAULT, PHRASES[DEFAULT])[name]


def available(title: str, spoken: str | None, language: str) -> str:
    """Say that an article is there.

    Parameters
    ----------
    title
        The article's, in its own language.
    spoken
        The article's language, such as `en`, where it is known.
    language
        The customer's; English where it is not one of ours.

    Returns
    -------
    str
    """
    told = language if language in AVAILABLE_IN else DEFAULT
    sentence, names = AVAILABLE_IN[told]
    name = names.get(spoken or "")
    return (sentence.format(name) if name else AVAILABLE_ELSEWHERE[told]) + title
