"""What questions find that are typed in other ways: misspelt, joined, spoken, pasted, and with stemmers for the words.

    python -m tests.benchmarks.wordings --articles kb --questions questions.jsonl [--locale en] [--most 500]

Each question is asked as it is and in each other way, once as it is searched by today and once with its cleaned text
alone. Printed are hit@1 and hit@5, and the paired difference with its standard error. No tickets, no known questions.
"""

from __future__ import annotations

import argparse
import random
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from retrieval.answering.ranking import RankingQuery, order
from retrieval.answering.wording import worded
from retrieval.articles.files import read as read_articles
from retrieval.encoder import encoder as encoders
from retrieval.index.article_index import ArticleIndex, build
from training.answers.questions import Question
from training.answers.questions import read as read_questions
from triage.text.cleaning import model_text

DEPTH = 5
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
FILLERS = ("um", "uh", "you know", "i mean", "uhm", "i guess")
LOG = "\n".join(
    f"2025-11-03 09:14:{second:02d},113 INFO  worker heartbeat shard={second} lag=0.0{second}" for second in range(40)
)
Way = Callable[[str, random.Random], str]


def misspelt(share: float) -> Way:
    """Return what changes a letter of some of the longer words."""

    def changed(text: str, chance: random.Random) -> str:
        return _LONG_WORD.sub(lambda each: typo(each[0], chance) if chance.random() < share else each[0], text)

    return changed


def typo(word: str, chance: random.Random) -> str:
    """Leave a letter out, write it twice, exchange two, or hit another key."""
    place = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place] + word[place:]
    if kind == 2:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + chance.choice(string.ascii_lowercase) + word[place + 1 :]


def joined(text: str, chance: random.Random) -> str:
    """Leave a third of the spaces out."""
    return re.sub(" ", lambda _: "" if chance.random() < 1 / 3 else " ", text)


def spoken(text: str, chance: random.Random) -> str:
    """Put pauses between the words, and leave out capitals and punctuation."""
    words = re.findall(r"[\w'-]+", text.lower())
    said = [f"{chance.choice(FILLERS)} {word}" if chance.random() < 0.2 else word for word in words]
    return f"hi so {' '.join(said)}"


def pasted(text: str, _: random.Random) -> str:
    """Put the question below a log."""
    return f"{LOG}\n{text}"


WAYS: dict[str, Way] = {
    "as it is": lambda text, _: text,
    "a word in ten misspelt": misspelt(0.1),
    "three in ten misspelt": misspelt(0.3),
    "words joined": joined,
    "spoken": spoken,
    "capitals": lambda text, _: text.upper(),
    "below a log": pasted,
}


def hits(
    index: ArticleIndex, encoder: encoders.Encoder, questions: Sequence[Question], texts: Sequence[str]
) -> np.ndarray:
    """Return the place of the first right article of each question, float64 (n,); inf behind the first five."""
    vectors = encoder.encode(texts)
    places = []
    for question, text, vector in zip(questions, texts, vectors, strict=True):
        found = [article.id for article, _ in order(index, RankingQuery(text, vector), limit=DEPTH).scored]
        places.append(next((place for place, each in enumerate(found, 1) if each in question.relevant), np.inf))
    return np.array(places, dtype=np.float64)


def compared(now: np.ndarray, before: np.ndarray) -> str:
    """Write hit@1 and hit@5 before and now, and the paired difference with its standard error."""
    cells = []
    for depth in (1, DEPTH):
        one, other = now <= depth, before <= depth
        difference = one.astype(float) - other
        error = difference.std(ddof=1) / np.sqrt(len(difference))
        cells.append(f"@{depth} {other.mean():.3f} -> {one.mean():.3f} ({difference.mean():+.3f} +- {error:.3f})")
    return "   ".join(cells)


def report(index: ArticleIndex, encoder: encoders.Encoder, questions: Sequence[Question], *, seed: int = 0) -> None:
    """Print a line for each way."""
    index = replace(index, asked=index.asked.part(()))
    for name, way in WAYS.items():
        chance = random.Random(seed)
        texts = [way(each.question, chance) for each in questions]
        plain = [model_text(None, text) for text in texts]
        today = [worded(text, index, encoder) for text in texts]
        before = hits(index, encoder, questions, plain)
        now = hits(index, encoder, questions, today)
        changed = np.mean([one != other for one, other in zip(plain, today, strict=True)])
        print(f"{name:24} {compared(now, before)}   changed {changed:.2f}", flush=True)


def main() -> None:
    """Read the command line and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, default=Path("datasets/sample/articles"))
    parser.add_argument("--questions", type=Path, default=Path("datasets/sample/articles/known_questions.jsonl"))
    parser.add_argument("--encoder", type=Path, default=Path("var/encoder/int8"))
    parser.add_argument("--locale")
    parser.add_argument("--most", type=int, default=500)
    given = parser.parse_args()
    encoder = encoders.load(given.encoder)
    asked = [each for each in read_questions(given.questions) if each.relevant and each.is_in(given.locale)]
    chosen = random.Random(0).sample(asked, min(given.most, len(asked)))
    report(build(read_articles(given.articles), encoder), encoder, chosen)


if __name__ == "__main__":
    main()
