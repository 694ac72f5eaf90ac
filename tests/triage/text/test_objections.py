"""Whatever a model makes of a message: who may want something gets a person."""

from __future__ import annotations

import pytest

from triage.text.nobody.objections import objects
from triage.text.nobody.reasons import NobodyReason

WANTING = """
Thanks, but it still fails
Thanks a lot. I still need the export though
Perfect, thanks a lot, please close my account. Bye Tom
Cheers, we cannot log in any more, nobody can. Best Lena
Thanks, I want my money back. Enjoy the weekend
Many thanks, I got in at last, now cancel my subscription. Bye Marco
Thx, still broken. Best
Thank you, wrong invoice again. Bye
Thanks, when will it arrive. Bye Ines
Thanks, could you call me. Bye
Thanks, that was quick. Too quick: it is not solved. Bye
Thanks, it isn’t there
Thanks, everything runs again. One more thing: the button is gone
Danke, aber es geht immer noch nicht
Danke, ich möchte mein Geld zurück
Merci, mais je veux un remboursement
Merci, ça ne marche pas
Gracias, pero sigue igual
Gracias, no funciona
Grazie, ma non funziona
Grazie, vorrei un rimborso
Bedankt, maar het werkt niet
Bedankt, ik wacht nog op de factuur
Obrigado, mas não funciona
Obrigada, ainda não chegou
"""
CONTENT = """
Thanks, that did the trick. Have a nice day Ann
Many thanks, my boss is happy. Bye
wonderful team, you saved my afternoon
Thank you so much, what a lovely reply. That helped
Thanks, you fixed it, no worries
Vielen Dank, das war großartig. Noch einen schönen Tag
Merci encore, vous êtes formidables
Muchas gracias, sois los mejores
Grazie ancora, siete bravissimi
Hartelijk bedankt, alles loopt. Nog een fijne dag
Muito obrigado, vocês são ótimos
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("text", lines(WANTING))
def test_thanks_with_a_wish_or_a_but_are_no_mere_thanks(text: str) -> None:
    assert objects(NobodyReason.THANKS, "Re: Export", text, text)


@pytest.mark.parametrize("text", lines(CONTENT))
def test_mere_thanks_are(text: str) -> None:
    assert not objects(NobodyReason.THANKS, "Re: Export fails", text, text)


def test_a_signature_is_no_wish_and_words_below_it_are() -> None:
    said = "Thanks, all good.\n\nBest, Ann"
    assert not objects(NobodyReason.THANKS, "", f"{said}\nAccount Support Lead", said)
    assert objects(NobodyReason.THANKS, "", f"{said}\n\nP.S. One report is empty", said)


def test_a_subject_that_names_something_is_part_of_what_is_said() -> None:
    assert objects(NobodyReason.THANKS, "Invoice missing", "Thanks", "Thanks")


@pytest.mark.parametrize(
    ("reason", "text", "wants"),
    [
        (NobodyReason.OUT_OF_OFFICE, "I am away until Monday. Mails are not read.", False),
        (NobodyReason.OUT_OF_OFFICE, "I am away until Monday. Please cancel my order.", True),
        (NobodyReason.OUT_OF_OFFICE, "I am away. When does it arrive?", True),
        (NobodyReason.NEWSLETTER, "Ready to grow? Join our webinar. Access is free.", False),
        (NobodyReason.NEWSLETTER, "Join our webinar. I need a refund.", True),
    ],
)
def test_a_machine_asks_its_readers_and_orders_nothing(reason: NobodyReason, text: str, *, wants: bool) -> None:
    assert objects(reason, "", text, text) is wants
