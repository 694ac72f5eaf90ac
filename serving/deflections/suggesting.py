"""Articles that may help, while a customer is still typing. Nothing is stored or counted: nobody has asked yet."""

from serving.deflections.asking import Answering
from serving.deflections.schemas import SuggestionsOut, TitleOut, TypedIn

SHOWN = 3
NEAR = 0.35  # a suggestion that scores lower is not like what was typed


def suggested(answering: Answering, typed: TypedIn) -> SuggestionsOut:
    """Return the public articles that are near to what was typed, none of what a person must answer.

    Raises `NotReady` while articles are loaded.
    """
    found = answering.near(typed)
    return SuggestionsOut(
        articles=[
            TitleOut(id=each.article.id, title=each.article.title, url=each.article.url)
            for each in found
            if each.score >= NEAR and not each.article.requires_human
        ][:SHOWN]
    )
