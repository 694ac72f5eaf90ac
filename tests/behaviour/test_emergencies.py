"""The shipped critical head with the urgency lexicon: emergencies go to a person, everyday questions do not.

No text of `emergencies.toml` has taught the head.
Skipped, with the reason printed, where `make setup` has not built the sample model.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder
from serving.inference.emergencies import is_emergency
from training.critical import families
from triage.model import bundle as bundles
from triage.model import urgency
from triage.model.critical import CriticalHead
from triage.model.urgency import UrgencyPhrases
from triage.text.cleaning import model_text

BUNDLE = Path(__file__).parents[2] / "var" / "sample" / "bundle"
pytestmark = pytest.mark.skipif(
    not (BUNDLE / "manifest.json").is_file(), reason="no sample model in var/sample/bundle: run `make setup`"
)
TABLES: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("emergencies.toml").read_text("utf-8"))
EMERGENCIES = [
    text for kind, table in TABLES.items() if kind != "everyday" for texts in table.values() for text in texts
]
EVERYDAY = [text for texts in TABLES["everyday"].values() for text in texts]
UNSOLICITED = [
    text
    for texts in tomllib.loads(Path(__file__).with_name("unsolicited.toml").read_text("utf-8")).values()
    for text in texts
]


@cache
def shipped() -> tuple[Encoder, CriticalHead | None, UrgencyPhrases]:
    bundle = bundles.load(BUNDLE)
    return encoders.from_files(*bundle.encoder_files()), bundle.critical, urgency.default()


@cache
def handed_off(text: str) -> bool:
    encoder, head, phrases = shipped()
    question = model_text(None, text)
    return is_emergency(question, encoder.encode([question])[0], phrases, head, encoder.encode)


def test_at_least_95_percent_of_a_hundred_and_more_emergencies_go_to_a_person() -> None:
    missed = [text for text in EMERGENCIES if not handed_off(text)]
    assert len(EMERGENCIES) >= 100
    assert len(missed) <= 0.05 * len(EMERGENCIES), missed


@pytest.mark.parametrize("kind", [kind for kind in TABLES if kind != "everyday"])
def test_of_each_kind_of_emergency_at_least_nine_in_ten_go_to_a_person(kind: str) -> None:
    texts = [text for listed in TABLES[kind].values() for text in listed]
    missed = [text for text in texts if not handed_off(text)]
    assert len(missed) <= 0.1 * len(texts), missed


@pytest.mark.parametrize("language", families.LANGUAGES)
def test_in_each_language_at_least_nine_in_ten_emergencies_go_to_a_person(language: str) -> None:
    texts = [text for kind, table in TABLES.items() if kind != "everyday" for text in table[language]]
    missed = [text for text in texts if not handed_off(text)]
    assert len(missed) <= 0.1 * len(texts), missed


CALM = [
    "How do I make a chart?",
    "We use the weekly report for the board.",
    "Hi team, hope you had a nice weekend.",
    "We have been with you for six years and like the cohort grid.",
]


@pytest.mark.parametrize("calm", CALM)
@pytest.mark.parametrize("pattern", ["{0} {1}", "{1} {0}", "{0} {1} {0}"])
def test_calm_words_beside_it_do_not_hide_an_emergency(calm: str, pattern: str) -> None:
    texts = [text for text in EMERGENCIES if handed_off(text)][::4]
    missed = [text for text in texts if not handed_off(pattern.format(calm, f"{text.rstrip('.!?')}."))]
    assert len(missed) <= 0.05 * len(texts), missed


def test_calm_words_beside_calm_words_are_no_emergency() -> None:
    wrongly = [text for text in EVERYDAY if any(handed_off(f"{calm} {text}") for calm in CALM[:2])]
    assert len(wrongly) <= 0.04 * len(EVERYDAY), wrongly


def test_at_most_2_percent_of_a_hundred_everyday_questions_go_to_a_person_as_emergencies() -> None:
    wrongly = [text for text in EVERYDAY if handed_off(text)]
    assert len(EVERYDAY) >= 100
    assert len(wrongly) <= 0.02 * len(EVERYDAY), wrongly


def test_at_most_one_in_eight_advertisements_goes_to_a_person_as_an_emergency() -> None:
    wrongly = [text for text in UNSOLICITED if handed_off(text)]
    assert len(wrongly) <= len(UNSOLICITED) / 8, wrongly


def test_none_of_these_texts_taught_the_head() -> None:
    taught = {text for family in families.packaged() for text in family.wordings}
    assert not taught & {model_text(None, text) for text in (*EMERGENCIES, *EVERYDAY, *UNSOLICITED)}


#: By kind; the head learnt neither these texts nor the ones of `emergencies.toml`.
REPORTED = [
    "We got a ransom letter, they threaten to put our files on the internet",
    "a gang wants 3 bitcoin, otherwise they publish our customer data",
    "There are access tokens in the list that nobody of us ever generated",
    "i found two api keys i never made",
    "The e-mail we log in with was swapped for somebody else's",
    "Someone replaced our login address with a gmail account",
    "I can look at the revenue of a different firm",
    "your dashboard shows me the turnover of some other company",
    "Ich werde Ihre Firma verklagen",
    "Wir schalten jetzt unseren Rechtsanwalt ein",
    "Wenn bis Freitag nichts passiert, gehen wir vor Gericht",
    "Ich zeige Sie an",
    "Das hat rechtliche Konsequenzen",
    "Hier wird eine Klage folgen",
    "Sie hören von meiner Anwältin",
    "I'm contacting my solicitor today",
    "Je porte plainte contre vous",
    "Los voy a demandar",
    "Vi porto in tribunale",
    "Ik sleep jullie voor de rechter",
    "Vou processar a vossa empresa",
    "Wir haben eine Erpressermail bekommen, sie wollen unsere Daten veröffentlichen",
    "Je vois le chiffre d'affaires d'une société concurrente",
    "On nous demande une rançon, sinon nos fichiers seront publiés",
    "Veo la facturación de otra empresa en mi panel",
    "Nos piden un rescate o publicarán nuestros datos",
    "Vedo i ricavi di un'altra società",
    "Ci chiedono un riscatto altrimenti pubblicano i nostri dati",
    "Ik zie de omzet van een ander bedrijf",
    "We worden afgeperst: betalen of onze gegevens komen online",
    "Vejo o faturamento de outra companhia",
    "Estão a pedir um resgate ou publicam os nossos dados",
]
ONLY_TALKED_ABOUT = [
    "Não está fora do ar",
    "No está caído",
    "Il servizio non è giù",
    "The site is not down",
    "Der Dienst ist nicht ausgefallen",
    "The outage last Tuesday was resolved",
    "The outage on Monday is over, thanks for the fast help",
    "Die Störung von letzter Woche ist behoben",
    "La panne de mardi dernier est résolue",
    "La caída del lunes ya se resolvió",
    "Il disservizio di lunedì è stato risolto",
    "What should we do if someone hacked our account one day?",
    "Whom would we call if an API key ever leaked?",
    "Was machen wir, wenn unser Konto eines Tages gehackt wird?",
    "Que ferions-nous si notre compte était piraté un jour ?",
    "¿Qué haríamos si un día nos hackean la cuenta?",
    "Sono Marco",
    "Ciao, sono Luca",
    "Soy Ana",
    "Je m'appelle Léa",
    "Ich heiße Jonas",
    "Sou o Pedro",
    "Ik ben Sanne",
    "Sono in ferie fino al 20",
    "Estoy de vacaciones hasta el lunes",
    "Estoy fuera de la oficina",
    "Ich bin im Urlaub bis 12.",
    "Je suis en congés jusqu'au 14 mai",
    "Ik ben met vakantie tot 3 juni",
    "Estou de férias até dia 10",
    "I'm away until Monday",
    "Our out-of-office page is broken",
    "Booking vacation days in your app shows an error",
    "va bene, grazie",
    "Unsere Rechtsabteilung braucht eine Kopie des Vertrags",
    "Our lawyer would like to read the terms",
    "Il nostro avvocato chiede una copia della fattura",
    "una domanda veloce",
]


def test_threats_and_things_swapped_or_added_secretly_go_to_a_person() -> None:
    assert [text for text in REPORTED if not handed_off(text)] == []


def test_what_is_over_denied_supposed_or_only_said_in_passing_goes_to_nobody() -> None:
    assert [text for text in ONLY_TALKED_ABOUT if handed_off(text)] == []


def test_full_width_letters_are_read_like_others() -> None:
    wide = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
    texts = ["Someone hacked our account", "The whole platform is down for all users", "We lost all our data"]
    assert all(handed_off(text.translate(wide).replace(" ", "\u3000")) for text in texts)


def test_no_emergency_is_ruled_out_by_its_words_alone() -> None:
    _, head, _ = shipped()
    assert head is not None
    reported = [model_text(None, text) for text in (*EMERGENCIES, *REPORTED)]
    assert len([text for text in reported if not head.may_report(text)]) <= 0.01 * len(reported)
    calm = [model_text(None, text) for text in EVERYDAY]
    assert len([text for text in calm if not head.may_report(text)]) >= 0.1 * len(calm)
