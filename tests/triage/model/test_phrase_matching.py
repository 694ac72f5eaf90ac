"""The lexicon of urgent phrases: found in any language and however they are typed, let go of where they are denied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.model import urgency

LEXICON = urgency.default()
KNOWN = {word for _, phrase in LEXICON.phrases for part in phrase.parts for word in part.words}


def found(text: str) -> str | None:
    alarmed = LEXICON.find(text)
    return alarmed.priority if alarmed else None


ALARMS = [
    ("SEV1: help", "P0"),
    ("this is a sev-1 for us", "P0"),
    ("Sev 1!!!", "P0"),
    ("[P0] all of it", "P0"),
    ("P1 please", "P1"),
    ("call 911", "P1"),
    ("500 error for all", "P1"),
    ("500 errors for everyone", "P1"),
    ("We see data loss", "P0"),
    ("we have lost all our data", "P0"),
    ("All customer data is gone", "P0"),
    ("The site is down for everyone", "P0"),
    ("Production is down since 9", "P0"),
    ("our production environment went down", "P0"),
    ("The whole platform is down.", "P0"),
    ("I cannot log in, and neither can all other users", "P0"),
    ("All of our users cannot log in", "P0"),
    ("Nobody can sign in", "P0"),
    ("no one is able to log in", "P0"),
    ("There was a security breach", "P0"),
    ("Payments fail", "P1"),
    ("all payments are failing at checkout", "P1"),
    ("we cannot accept any payments", "P1"),
    ("Wir haben einen Datenverlust", "P0"),
    ("Unsere Daten sind verschwunden", "P0"),
    ("Das System ist für alle nicht erreichbar", "P0"),
    ("Die Produktion steht", "P0"),
    ("Niemand kann sich einloggen", "P0"),
    ("Zahlungen schlagen seit heute früh fehl", "P1"),
    ("Nous avons une perte de données", "P0"),
    ("La plateforme est en panne pour tous", "P0"),
    ("Plus personne ne peut se connecter", "P0"),
    ("Une faille de sécurité chez vous", "P0"),
    ("Les paiements échouent", "P1"),
    ("Hemos perdido todos los datos", "P0"),
    ("El sistema está caído para todos", "P0"),
    ("Nadie puede iniciar sesión", "P0"),
    ("Una brecha de seguridad", "P0"),
    ("Los pagos están fallando", "P1"),
    ("Perdita di dati nel nostro account", "P0"),
    ("Il sistema è giù per tutti", "P0"),
    ("Nessuno riesce ad accedere", "P0"),
    ("I pagamenti falliscono", "P1"),
    ("Er is dataverlies", "P0"),
    ("Productie ligt plat", "P0"),
    ("Niemand kan inloggen", "P0"),
    ("Betalingen mislukken", "P1"),
    ("Perda de dados total", "P0"),
    ("O sistema caiu para todos", "P0"),
    ("Ninguém consegue entrar", "P0"),
    ("Os pagamentos falham", "P1"),
]


@pytest.mark.parametrize(("text", "priority"), ALARMS)
def test_a_phrase_of_alarm_is_found_in_every_language(text: str, priority: str) -> None:
    assert found(text) == priority


@pytest.mark.parametrize(
    "text",
    [
        "no data loss",
        "There was no data loss.",
        "We did not have any data loss",
        "There is no sign of data loss",
        "without any loss of data",
        "is it possible to avoid data loss?",
        "How do I prevent data loss?",
        "The site is not down",
        "production was never down",
        "This is not a sev1",
        "isn't an outage",
        'The article "What to do after data loss" has a typo',
        "Your page called 'Data loss' is outdated",
        "kein Datenverlust",
        "ohne Datenverlust umziehen",
        "pas de perte de données",
        "sans perte de données",
        "sin pérdida de datos",
        "nessuna perdita di dati",
        "geen dataverlies",
        "sem perda de dados",
        "How do I change my password?",
        "The significance was p = 0.05",
        "see p. 1 of the invoice",
        "storing strings in the dashboard",
        "Scroll down for more users",
        "We break down revenue for each plan",
    ],
)
def test_what_is_denied_avoided_named_or_harmless_raises_nothing(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "I do not know why all payments fail",  # the negation speaks of something else
        "We could not avoid data loss",  # two negations
        "No answer from you. Data loss!",  # a sentence ends between them
        "No, data loss",
        "not only data loss",
        "Is there an outage?",  # asking is how many customers report
        'It says "service is down for all users"',  # quoted, but not the name of a text
    ],
)
def test_in_doubt_it_raises(text: str) -> None:
    assert found(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "DATA LOSS",
        "data\tloss",
        "data-loss",
        "data_loss",
        "dataloss",
        "dàta löss",
        "ｄａｔａ ｌｏｓｓ",
        "da\u200bta loss",
        "dtaa loss",
        "data looooss",
        "...data...loss"[3:].replace("...", " "),
        "security braech",
        "securty breach",
        "Produktion ist ausgefalen",
        "perte de donées",
        "perdida de datos",
        "Zahlungen sind fehlgeschlagen",
    ],
)
def test_case_spacing_accents_and_slips_do_not_hide_a_phrase(text: str) -> None:
    assert found(text) is not None


@given(st.data())
def test_one_slip_in_a_long_word_loses_no_phrase_of_several_words(data: st.DataObject) -> None:
    _, phrase = data.draw(st.sampled_from([each for each in LEXICON.phrases if len(each[1].parts) > 1]))
    words = [data.draw(st.sampled_from(["3"] if part.number else sorted(part.words))) for part in phrase.parts]
    before = found(" ".join(words))
    long = [i for i, word in enumerate(words) if len(word) >= 7 and word.isalpha()]
    if not long:
        return
    at = data.draw(st.sampled_from(long))
    words[at] = data.draw(slips(words[at]))
    if words[at] in KNOWN:  # a slip that makes another word of some phrase is that word: "systeem" and "system"
        return
    assert before is not None
    assert found(" ".join(words)) is not None


@st.composite
def slips(draw: st.DrawFn, word: str) -> str:
    """Return the word with one letter wrong, missing, added or swapped, its first one aside."""
    place, letter = draw(st.integers(1, len(word) - 2)), draw(st.sampled_from("aeinorst"))
    kind = draw(st.sampled_from(["wrong", "missing", "added", "swapped"]))
    return {
        "wrong": word[:place] + letter + word[place + 1 :],
        "missing": word[:place] + word[place + 1 :],
        "added": word[:place] + letter + word[place:],
        "swapped": word[:place] + word[place + 1] + word[place] + word[place + 2 :],
    }[kind]


@given(
    st.sampled_from(["", "Dear team, could you kindly look into it? ", "Hallo, ", "Merci d'avance. "]),
    st.sampled_from([text for text, _ in ALARMS]),
    st.sampled_from(["", " Many thanks and have a nice day!", " Mit freundlichen Grüßen", "\n--\nAna"]),
)
def test_politeness_and_case_hide_nothing(before: str, text: str, after: str) -> None:
    for written in (before + text + after, (before + text + after).upper(), (before + text + after).lower()):
        assert found(written) is not None
        assert (found(written) or "P9") <= (found(text) or "P9")


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert found(text) in (None, "P0", "P1")


def test_nothing_behind_four_thousand_characters_is_read() -> None:
    assert found("x " * 2_500 + "data loss") is None
