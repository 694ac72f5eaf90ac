"""The newest words of a mail decide; what it quotes, forwards or carries in every mail is told apart."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.cleaning import model_text, read_ticket
from triage.text.mail import split

NEW = "The bars are grey now. How do I change their colour?"
OLD = "Old words about a reactor that stands still."
HEADERS = [
    "On Mon, 2 Mar 2026 at 09:12, Mia Example <mia@customer.example> wrote:",
    "On Mon, 2 Mar 2026 at 09:12, Mia Example from the Customer Company <\nmia@customer.example> wrote:",
    "On Mon, Mar 2, 2026 at 9:12 AM Mia Example\n<mia@customer.example> wrote:",
    "On 2026-03-02 09:12, mia@customer.example wrote:",
    "Mia Example <mia@customer.example> wrote:",
    "Mia Example wrote on 2 March 2026 at 09:12:",
    "2026-03-02 9:12 GMT+01:00 Mia Example <mia@customer.example>:",
    "Am Montag, 2. März 2026 um 09:12 schrieb Mia Example <mia@customer.example>:",
    "Am 02.03.2026 um 09:12 schrieb Mia Example:",
    "Am Mo., 2. März 2026 um 09:12 Uhr schrieb Mia Example <\nmia@customer.example>:",
    "Mia Example <mia@customer.example> schrieb am Mo., 2. März 2026, 09:12:",
    "Mia Example schrieb am 02.03.2026 um 09:12:",
    "Le lun. 2 mars 2026 à 09:12, Mia Example <mia@customer.example> a écrit :",
    "Le 02/03/2026 à 09:12, Mia Example a écrit :",
    "Le lun. 2 mars 2026 à 09:12, Mia Example <mia@customer.example> a\nécrit :",
    "El lun, 2 mar 2026 a las 9:12, Mia Example (<mia@customer.example>) escribió:",
    "El 02/03/2026 a las 9:12, Mia Example escribió:",
    "Il giorno lun 2 mar 2026 alle ore 09:12 Mia Example <mia@customer.example> ha scritto:",
    "Il 02/03/2026 09:12, Mia Example ha scritto:",
    "Il giorno lun 2 mar 2026 alle ore 09:12 Mia Example <\nmia@customer.example> ha scritto:",
    "Op ma 2 mrt 2026 om 09:12 schreef Mia Example <mia@customer.example>:",
    "Op 02-03-2026 om 09:12 schreef Mia Example:",
    "Mia Example schreef op 2 maart 2026 om 09:12:",
    "Em seg., 2 de mar. de 2026 às 09:12, Mia Example <mia@customer.example> escreveu:",
    "Em 02/03/2026 09:12, Mia Example escreveu:",
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "-------- Message d'origine --------",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "-----Oorspronkelijk bericht-----",
    "-----Mensagem original-----",
    "From: Mia Example <mia@customer.example>\nSent: Monday, March 2, 2026 9:12 AM\nTo: Help\nSubject: Trouble\n",
    "Von: Mia Example <mia@customer.example>\nGesendet: Montag, 2. März 2026 09:12\nAn: Hilfe\nBetreff: Ärger\n",
    "De : Mia Example <mia@customer.example>\nEnvoyé : lundi 2 mars 2026 09:12\nÀ : Aide\nObjet : Problème\n",
    "De: Mia Example\nEnviado el: lunes, 2 de marzo de 2026 9:12\nPara: Ayuda\nAsunto: Problema\n",
    "Da: Mia Example\nInviato: lunedì 2 marzo 2026 09:12\nA: Aiuto\nOggetto: Problema\n",
    "Van: Mia Example\nVerzonden: maandag 2 maart 2026 09:12\nAan: Hulp\nOnderwerp: Probleem\n",
    "De: Mia Example\nEnviada em: segunda-feira, 2 de março de 2026 09:12\nPara: Ajuda\nAssunto: Problema\n",
    "________________________________\nFrom: Mia Example\nSent: Monday\nTo: Help\nSubject: Trouble\n",
    "*From:* Mia Example\n*Sent:* Monday, March 2, 2026\n*To:* Help\n*Subject:* Trouble\n",
    "##- Please type your reply above this line -##",
]
FORWARDS = [
    "---------- Forwarded message ---------\nFrom: Mia <mia@customer.example>\nDate: Mon\nSubject: Trouble\nTo: help\n",
    "Begin forwarded message:\n\nFrom: Mia Example\nSubject: Trouble\nDate: 2 March 2026\nTo: help\n",
    "-------- Weitergeleitete Nachricht --------\nBetreff: Ärger\nDatum: Mon\nVon: Mia\nAn: hilfe\n",
    "Anfang der weitergeleiteten Nachricht:\n\nVon: Mia\nBetreff: Ärger\nDatum: 2. März\nAn: hilfe\n",
    "---------- Message transféré ---------\nDe : Mia\nDate : lun.\nObjet : Problème\nÀ : aide\n",
    "---------- Mensaje reenviado ---------\nDe: Mia\nFecha: lun\nAsunto: Problema\nPara: ayuda\n",
    "---------- Messaggio inoltrato ---------\nDa: Mia\nData: lun\nOggetto: Problema\nA: aiuto\n",
    "---------- Doorgestuurd bericht ---------\nVan: Mia\nDatum: ma\nOnderwerp: Probleem\nAan: hulp\n",
    "---------- Mensagem encaminhada ---------\nDe: Mia\nData: seg\nAssunto: Problema\nPara: ajuda\n",
]
FOOTERS = [
    "Sent from my iPhone",
    "Get Outlook for iOS",
    "Von meinem iPhone gesendet",
    "Gesendet mit der GMX Mail App",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Verzonden vanaf mijn iPhone",
    "Enviado do meu iPhone",
    "This email is a service from Acme. Delivered by Zendesk",
    "[4K7QRM-X2LD]",
    "-- \nAda Example\nReactor stands still GmbH",
    "This message may hold confidential information. If it reached you by mistake, delete it. Use is prohibited.",
    "CONFIDENTIALITY NOTICE: the contents of this email are for the intended recipient only.",
    "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, vernichten Sie diese.",
    "Ce message est confidentiel. Si vous l'avez reçu par erreur, merci de le supprimer.",
    "Este mensaje es confidencial. Si usted no es el destinatario, elimínelo.",
    "Questo messaggio è riservato. Se lo avete ricevuto per errore, vi preghiamo di cancellarlo. È vietata la copia.",
    "Dit bericht is vertrouwelijk. Indien u niet de geadresseerde bent, verwijder dit bericht.",
    "Esta mensagem é confidencial. Caso tenha recebido por engano, apague-a. É destinada ao destinatário.",
    "Please consider the environment before printing this e-mail.",
]


def marked(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("subject", ["Re: Trouble", "Trouble"])
def test_a_reply_above_what_it_quotes_is_told_apart(header: str, subject: str) -> None:
    for older in (OLD, marked(OLD)):
        found = split(f"{NEW}\n\n{header}\n{older}\n", subject)
        assert found.newest.strip() == NEW
        assert OLD in found.quoted.replace("> ", "")


@pytest.mark.parametrize("header", [each for each in HEADERS if each.rstrip().endswith(":")])
def test_a_reply_below_what_it_quotes_and_one_between_the_lines_are_read(header: str) -> None:
    below = split(f"Hello,\n\n{header}\n{marked(OLD)}\n\n{NEW}\n", "Re: Trouble")
    assert below.newest.split() == f"Hello, {NEW}".split()
    between = split(f"{header}\n{marked(OLD)}\nYes.\n{marked(OLD)}\n{NEW}\n", "Re: Trouble")
    assert between.newest.split() == f"Yes. {NEW}".split()


@pytest.mark.parametrize("header", FORWARDS)
@pytest.mark.parametrize("subject", ["Fwd: Trouble", "WG: Ärger", "Trouble"])
def test_a_forwarded_mail_is_the_point_of_one_that_passes_it_on(header: str, subject: str) -> None:
    for own in ("FYI", ""):
        found = split(f"{own}\n\n{header}\n{NEW}\n\n{HEADERS[0]}\n{marked(OLD)}\n", subject)
        assert NEW in found.newest
        assert OLD not in found.newest


@pytest.mark.parametrize("header", HEADERS[-9:-2])
def test_an_outlook_forward_is_known_by_its_subject(header: str) -> None:
    assert NEW in split(f"Please see.\n\n{header}\n{NEW}\n", "FW: Trouble").newest


@pytest.mark.parametrize(
    "own", ["See below.", "Siehe unten", "Voir ci-dessous", "Ver abajo", "Vedi sotto", "Zie hieronder"]
)
def test_a_reply_that_only_points_below_keeps_what_is_below(own: str) -> None:
    assert NEW in split(f"{own}\n\n{HEADERS[0]}\n{marked(NEW)}\n", "Re: Trouble").newest


@pytest.mark.parametrize("footer", FOOTERS)
def test_what_stands_in_every_mail_is_cut_off(footer: str) -> None:
    assert split(f"{NEW}\n\n{footer}\n").newest.strip() == NEW


@pytest.mark.parametrize(
    "text",
    [
        "I sent an email by mistake to all customers, it holds confidential data. Can you delete it?",
        "Please write to: Ada",
        "The screen says: nothing",
        "Steps:\n1. open\n2. see 3 errors:\n3. close",
        "> npm run build\nfails with an error, and\n> npm test\ntoo",
        "From: and To: are swapped in the report.",
        "On my screen at 9:00 there are two buttons:\nsave\nclose",
        "What I did\n--\nI opened the page\nand saw nothing." + "\nThen again." * 20,
        "Am I right that the export has no date?\nIt looks like:\na;b",
        "The table\n-----\na | b\n-----",
    ],
)
def test_what_only_looks_like_a_quotation_or_a_footer_stays(text: str) -> None:
    assert split(text).newest == text


def test_what_stands_below_the_farewell_raises_no_alarm_and_a_postscript_does() -> None:
    mail = (
        f"{NEW}\n\nKind regards,\nAda Example\nHead of Outages\nOutage hotline +1 555 0100\n\nP.S. Production is down."
    )
    searched = "\n".join(read_ticket("", mail).searched)
    assert "hotline" not in searched
    assert "Production is down" in searched
    assert "Ada" not in model_text("", mail) or "Head of Outages" in model_text("", mail)  # models read it as before


def test_a_wrapped_line_is_one_sentence_for_the_lexicon() -> None:
    assert "is down for everyone" in read_ticket("", "The platform is\ndown for\neveryone.").searched[0]


@given(
    st.lists(
        st.sampled_from([NEW, OLD, "", "> a", *HEADERS[:6], *FORWARDS[:2], *FOOTERS, "--", "Regards,", ">"]),
        max_size=12,
    )
)
def test_a_mail_that_says_something_is_never_read_as_nothing(parts: list[str]) -> None:
    text = "\n".join(parts)
    found = split(text, "Re: x")
    assert bool(found.newest.strip()) == bool(text.strip()) or not text.strip(" \n>")


@pytest.mark.parametrize(
    ("header", "subject"), list(itertools.product([HEADERS[0], HEADERS[17], FORWARDS[0]], ["Re: x", "Fwd: x"]))
)
def test_the_newest_words_alone_decide_on_urgency(header: str, subject: str) -> None:
    searched = read_ticket(subject, f"{NEW}\n\n{header}\n> {OLD}\n").searched
    assert (OLD in " ".join(searched)) == (subject == "Fwd: x")


@pytest.mark.parametrize(
    "unit",
    [
        '">\n"',
        "<a ",
        '<a "',
        "<div>",
        "\n",
        "--\n",
        "From: a\nTo: b\n",
        "On 2 <\n",
        "a:\n",
        "> ",
        "Regards\nA\n",
        "&lt;",
        "a;b,",
    ],
)
@pytest.mark.parametrize("end", ["", "x", ">", ":"])
def test_the_time_is_linear_whatever_the_text(unit: str, end: str) -> None:
    started = time.process_time()
    for size in (16_000, 100_000):
        read_ticket("Re: x", unit * (size // len(unit)) + end)
    assert time.process_time() - started < 2  # some hundredths of a second


THANKS = [
    ("Re: Outage", "Thanks, that did it. How do I change our VAT number?"),
    ("AW: Totalausfall", "Hallo zusammen,\nvielen Dank für die schnelle Lösung! Wie speichere ich das als PDF?"),
    ("Re: Panne générale", "Merci beaucoup ! Où se trouve la liste des factures ?"),
    ("RE: Caída total", "Muchas gracias, Kim. ¿Dónde veo mis facturas?"),
    ("R: Disservizio totale", "Grazie mille, gentilissimi. Come esporto il report?"),
    ("Antw: Totale storing", "Dank jullie wel! Waar stel ik de taal in?"),
    ("RES: Queda geral", "Obrigada! Como adiciono um colega?"),
]
PERSISTS = [
    ("Re: Production down", "Thanks for looking into it, but it is still the same."),
    ("AW: Totalausfall", "Danke, aber leider kommt noch immer die alte Meldung."),
    ("Re: outage", "Thank you. When will it be back?"),
    ("RE: site down for all customers", "Any news?"),
    ("Outage", "Thanks in advance for your quick help."),
    ("Re: caída total", "Gracias, pero sigue igual."),
    ("Re: panne générale", "Merci, mais c'est encore pareil."),
]


@pytest.mark.parametrize(("subject", "text"), THANKS)
def test_the_old_subject_of_a_mail_that_thanks_raises_nothing(subject: str, text: str) -> None:
    read = read_ticket(subject, f"{text}\n\nOn 2026-03-02 09:12, mia@customer.example wrote:\n> {OLD}")
    assert subject not in " ".join(read.searched)
    assert subject in read.text


@pytest.mark.parametrize(("subject", "text"), PERSISTS)
def test_the_subject_counts_as_long_as_its_trouble_may_go_on(subject: str, text: str) -> None:
    assert subject in " ".join(read_ticket(subject, text).searched)
