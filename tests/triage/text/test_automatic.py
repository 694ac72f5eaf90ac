"""What a machine wrote is recognised, by its header or its words; a person who writes about it is no machine."""

from __future__ import annotations

import time

import pytest

from triage.text.automatic import is_automatic
from triage.text.cleaning import read_ticket

MACHINES = [
    ("Automatic reply: your invoice", "Thank you for your message. I am away until Monday."),
    ("Out of office: Re: ticket 12", "I am back on Monday."),
    ("Out of Office Re: your case", "Back soon."),
    ("Re: your case", "I am currently out of the office and will reply when I am back. In case of an outage call us."),
    ("Re: your case", "I'm on annual leave until 3 March. For urgent matters call our hotline."),
    ("Autoreply: hello", "We have received your message."),
    ("Automatische Antwort: Ihr Ticket", "Ich bin im Urlaub."),
    ("Abwesenheitsnotiz: Re: Ticket", "Ich bin nicht im Büro."),
    ("Re: Ticket", "Ich bin derzeit nicht im Büro. In dringenden Fällen wenden Sie sich an die Zentrale."),
    ("Réponse automatique : votre demande", "Je suis absent."),
    ("Re: demande", "Je suis actuellement en congés. À mon retour je vous répondrai."),
    ("Respuesta automática: su caso", "Estoy de vacaciones."),
    ("Re: su caso", "Estoy fuera de la oficina. Si es urgente, llame a la central."),
    ("Risposta automatica: ticket", "Sono in ferie."),
    ("Re: ticket", "Sono fuori ufficio e risponderò al mio rientro."),
    ("Automatisch antwoord: uw vraag", "Ik ben afwezig."),
    ("Re: vraag", "Ik ben op vakantie. Voor dringende zaken kunt u bellen."),
    ("Resposta automática: o seu caso", "Estou de férias."),
    ("Re: caso", "Estou fora do escritório e estarei de volta na segunda."),
    ("Undelivered Mail Returned to Sender", "This is the mail system at host mx.example."),
    ("Mail delivery failed: returning message to sender", "A message that you sent could not be delivered."),
    ("Delivery Status Notification (Failure)", "Address not found."),
    ("Unzustellbar: Ihr Ticket", "Die Nachricht wurde nicht zugestellt."),
    ("Returned mail: see transcript for details", "unknown user"),
    ("Read: your case", "Your message was read on Monday."),
    ("Gelesen: Ihr Ticket", "Ihre Nachricht wurde gelesen."),
    ("Your ticket", "This is an automated message, please do not reply."),
    ("Ihr Ticket", "Dies ist eine automatisch erstellte Nachricht."),
    ("Newsletter: news of March", "Ten tips."),
    ("", "This is an automatic reply. Data loss hotline: 911."),
]
HEADERS = [
    {"Auto-Submitted": "auto-replied"},
    {"auto-submitted": "auto-generated (failure)"},
    {"Precedence": "bulk"},
    {"PRECEDENCE": "auto_reply"},
    {"X-Autoreply": "yes"},
    {"X-Failed-Recipients": "kim@example.com"},
    {"List-Unsubscribe": "<mailto:x@example.com>"},
    {"Return-Path": "<>"},
    {"From": "MAILER-DAEMON@mx.example"},
    {"Content-Type": 'multipart/report; report-type="delivery-status"'},
    {"Content-Type": "multipart/report; report-type=disposition-notification"},
    {"X-Loop": "help@desk.example"},
]
PEOPLE = [
    ("Automatic replies do not work", "Since the update our automatic replies are not sent. Production is down."),
    ("How do I set an out of office note?", "I need one for my holiday."),
    ("Out of office notes reopen tickets", "Can this be changed?"),
    ("Newsletter cannot be sent", "Nobody can log in."),
    ("Undo a delivery", "How do I return the goods?"),
    ("Mail delivery", "How long does the delivery of mails take?"),
    ("Read only access", "Can a member have it?"),
    ("Re: your case", "I was out of the office last week, sorry. Production is down for everyone."),
    ("Bounce rate", "The bounce rate in the chart is wrong."),
    ("Urlaub", "Wie trage ich Urlaub ein?"),
    ("Loop", "Our import runs in a loop."),
    ("Automation", "This is a question about automations."),
]


@pytest.mark.parametrize(("subject", "text"), MACHINES)
def test_what_a_machine_wrote_is_known_by_its_words_and_never_searched_for_alarms(subject: str, text: str) -> None:
    assert is_automatic(subject, text)
    found = read_ticket(subject, f"{text}\nProduction is down for everyone.")
    assert found.automatic
    assert not found.searched
    assert found.text


@pytest.mark.parametrize("headers", HEADERS)
def test_what_a_machine_wrote_is_known_by_its_header(headers: dict[str, str]) -> None:
    assert is_automatic("Hello", "Production is down", headers)


@pytest.mark.parametrize(("subject", "text"), PEOPLE)
@pytest.mark.parametrize("headers", [{}, {"Auto-Submitted": "no", "From": "kim@example.com", "Return-Path": "<kim@x>"}])
def test_a_person_who_writes_about_such_mail_is_no_machine(subject: str, text: str, headers: dict[str, str]) -> None:
    assert not is_automatic(subject, text, headers)


@pytest.mark.parametrize("unit", ["I am ", "i'm on ", "after ", "ich bin derzeit ", "re: ", "[", "auto "])
def test_the_time_is_linear(unit: str) -> None:
    started = time.process_time()
    is_automatic(unit * 20_000, unit * 20_000)
    assert time.process_time() - started < 1
