"""What a question is searched by: without logs around it and words that only fill pauses, and rightly spelt."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from retrieval.answering.writing_scripts import script
from retrieval.index.article_index import ArticleIndex
from retrieval.index.spelling import Spelling, written
from retrieval.index.text_encoder import TextEncoder
from retrieval.index.tokens import stem
from triage.text.cleaning import model_text
from triage.text.everyday_words import everyday_words, shared_words, words_by_language
from triage.text.shortening import prose

#: What people say while they think: English, German, French, Spanish, Italian, Dutch, Portuguese.
_FILLERS: Final = re.compile(
    r"(?<![\w'-])(?:"
    r"u+h+m*|u+m+|e+r+m+|e+h+m*|h+m+|m+h+m+|you know(?: what i mean)?|i mean|i guess|or something|or whatever|basically"
    r"|ä+h+m*|ö+h+m*|a+e+h+m+|sag ich mal|irgendwie|quasi|e+u+h+|du coup|tu vois|en fait|o sea|pues|cioè|diciamo"
    r"|insomma|zeg maar|quer dizer|sei lá|né"
    r")(?![\w'-])[,.…]{0,3}",
    re.IGNORECASE,
)
_TWICE: Final = re.compile(r"\b([^\W\d_]{2,20}) (?:\1 ){0,3}\1\b", re.IGNORECASE)
#: The keys of a Russian keyboard, and the same keys of an English one.
_CYRILLIC_KEYS: Final = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN_KEYS: Final = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_LATIN: Final = str.maketrans(_CYRILLIC_KEYS + _CYRILLIC_KEYS.upper(), _LATIN_KEYS + _LATIN_KEYS.upper())
KNOWN_SHARE: Final = 0.6
#: Words in the articles' language alone, and their share, that make a text partly one in it; letters of a small word.
MIXED_WORDS: Final = 2
MIXED_SHARE: Final = 0.2
SMALL: Final = 5
#: Characters and words of a text that is too short to tell its language by misspelt words.
SHORT_TEXT: Final = 60
SHORT_WORDS: Final = 3
#: Characters of a text of which the encoder reads all, and of the end of a longer one, where the question stands.
READ_WHOLE: Final = 1_000
ENDING: Final = 350
_GREETING: Final = re.compile(
    r"(?:(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening)|yeah|ok(?:ay)?|so|well|hallo|moin|guten (?:tag|morgen"
    r"|abend)|also|bonjour|salut|bonsoir|ben|alors|hola|buenos dias|buenas tardes|bueno|ciao|buongiorno|salve|allora"
    r"|hoi|goedendag|nou|ol[áa]|bom dia|boa tarde|ent[ãa]o)(?:(?: there| all| team)?[\s,.!]+)){1,5}(?=\w+\W+\w)",
    re.IGNORECASE,
)
#: What names an error in a line of a log, characters of a line that are looked at for it, and that are kept.
_ERROR: Final = re.compile(r"\b(?:[\w.]{0,80}(?:error|exception)|failed|failure|fatal)\b", re.IGNORECASE)
ERROR_READ: Final = 400
ERROR_KEPT: Final = 200
_SENTENCE: Final = re.compile(r"[.!?…:]\s")


def worded(
    question: str,
    index: ArticleIndex,
    encoder: TextEncoder,
    language: str | None = None,
    cleaned: str | None = None,
) -> str:
    """Say what a question is searched by.

    Parameters
    ----------
    question
        As typed.
    index
        The articles, whose words put misspelt ones right.
    encoder
        What its tokenizer knows is no misspelling.
    language
        The language that the question is clearly written in, if any.
    cleaned
        The question cleaned, where that is done already.

    Returns
    -------
    str
        The cleaned question where nothing is to be changed.
    """
    text = _in_one_language(spoken(question, cleaned), index.spelling)
    if language and not index.spelling.spoken & {language, ""}:
        return text
    return index.spelling.corrected(text, lambda word: _is_known(word, index, encoder), language)


def retyped(question: str, index: ArticleIndex, encoder: TextEncoder) -> str:
    """Return a question in whose words its language can be told; mostly the question itself.

    A few words are put right first, and so is what was typed on a keyboard that was set to Cyrillic letters.
    """
    if script(question) == "CYRILLIC":
        text = question.translate(_LATIN)
        found = written(text)
        known = sum(word in index.spelling.counts or word in everyday_words() for word in found)
        return text if found and known >= KNOWN_SHARE * len(found) else question
    if len(question) > SHORT_TEXT or len(question.split()) > SHORT_WORDS:
        return question
    return index.spelling.corrected(question, lambda word: _is_known(word, index, encoder))


def spoken(question: str, cleaned: str | None = None) -> str:
    """Return the cleaned question without logs around it, greeting and pauses; its end first where it is long."""
    whole = model_text(None, question) if cleaned is None else cleaned
    said = _without_logs(question)
    text = whole if said is question else model_text(None, said) or whole
    short = " ".join(_TWICE.sub(r"\1", _FILLERS.sub(" ", text)).split())
    begins = _GREETING.match(short)
    short = short[begins.end() :] if begins else short or text
    if len(short) <= READ_WHOLE:
        return short
    ends = [each.end() for each in _SENTENCE.finditer(short, len(short) - ENDING, len(short) - 20)]
    start = ends[0] if ends else short.rfind(" ", 0, len(short) - ENDING) + 1
    return f"{short[start:]} {short[:start]}".rstrip()


def _without_logs(question: str) -> str:
    """Return what a person wrote of a text, and of the logs beside it the last line that names an error."""
    said = prose(question)
    if said == question or "\n" not in question:
        return question
    kept = set(said.split("\n"))
    lines = [line for line in question.split("\n") if line.strip() and line not in kept]
    error = next((line for line in reversed(lines) if _ERROR.search(line[:ERROR_READ])), "")
    return f"{said}\n{error.strip()[:ERROR_KEPT]}"


def _in_one_language(text: str, spelling: Spelling) -> str:
    """Leave the small words of other languages out of a question that is partly in the language of the articles."""
    ours, others = _own_and_others(spelling.main)
    said = [(word, "".join(written(word))) for word in text.split()]
    used = {it for _, it in said if it in ours or spelling.main in spelling.languages.get(it, ())}
    own = sum(it in used and it not in others for _, it in said)
    kept = [word for word, it in said if len(it) > SMALL or it not in others or it in used]
    enough = max(MIXED_WORDS, MIXED_SHARE * len(said))
    return " ".join(kept) if own >= enough and len(said) - len(kept) >= enough else text


@cache
def _own_and_others(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return a language's everyday words, and those of all others; none where it has no list."""
    listed = words_by_language()
    if language not in listed:
        return frozenset(), frozenset()
    others = frozenset[str]().union(*(words for each, words in listed.items() if each != language))
    return listed[language] | shared_words(), others - shared_words()


def _is_known(word: str, index: ArticleIndex, encoder: TextEncoder) -> bool:
    return index.passage_words.has(stem(word.lower())) or encoder.knows(word)
