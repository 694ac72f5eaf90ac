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
    ("failure notice", "Hi. This is the qmail-send program at mx.example. I'm afraid I wasn't able to deliver it."),
    ("Undelivered Mail Returned to Sender", "This is the mail system. I'm sorry to inform you that it came back."),
    ("Out of office until 3 May", "See you then."),
    ("Read: your case", "Your message was read on Monday."),
    ("Gelesen: Ihr Ticket", "Ihre Nachricht wurde gelesen."),
    ("Your ticket", "This is an automated message, please do not reply."),
    ("Ihr Ticket", "Dies ist eine automatisch erstellte Nachricht."),
    ("Newsletter: news of March", "Ten tips."),
    ("Weekly digest: outages and fixes", "You receive this newsletter because you signed up."),
    ("[Statuspage] Resolved: API outage", "The API was down for all customers."),
    ("[Datadog] Recovered: latency on prod", "It was down for four minutes."),
    ("Login outage", "This incident has been resolved.\nThe platform was down for everyone."),
    ("", "This is an automatic reply. Data loss hotline: 911."),
]
AWAY = {
    "en": [
        "I'm away until Monday",
        "I am on vacation until the 12th.",
        "Hello, I am out of the office until 3 May. Kind regards, Ana",
        "I will be out of office from 2 to 9 June",
        "I'm on leave till next week.",
        "I am currently on annual leave.",
    ],
    "de": [
        "Ich bin im Urlaub bis 12.",
        "Bin bis Montag nicht im Büro.",
        "Ich bin vom 3. bis 7. Mai im Urlaub",
        "Ich bin verreist bis Freitag",
        "Hallo, ich bin derzeit im Urlaub. Viele Grüße, Jonas",
        "Ich befinde mich im Urlaub bis zum 20.06.2026.",
    ],
    "fr": [
        "Je suis en congés jusqu'au 14 mai",
        "Je suis absente jusqu’à lundi.",
        "Bonjour, je suis en vacances jusqu'au 3 août. Cordialement",
        "Je suis en déplacement du 4 au 8 juin",
        "Je serai absent demain",
    ],
    "es": [
        "Estoy de vacaciones hasta el lunes",
        "Estoy fuera de la oficina",
        "Hola, estoy de vacaciones hasta el 5 de mayo. Saludos",
        "Estaré ausente del 3 al 7 de junio",
        "Me encuentro de viaje hasta mañana",
    ],
    "it": [
        "Sono in ferie fino al 20",
        "Sono in ferie fino a lunedì.",
        "Ciao, sono fuori ufficio fino al 3 maggio. Saluti, Marco",
        "Sarò assente dal 3 al 7 giugno",
        "Mi trovo in vacanza fino a domani",
    ],
    "nl": [
        "Ik ben met vakantie tot 5 mei",
        "Ik ben afwezig tot maandag.",
        "Hallo, ik ben op vakantie tot en met vrijdag. Groeten, Piet",
        "Ik ben niet op kantoor tot 3 juni",
        "Wij zijn op vakantie tot volgende week",
    ],
    "pt": [
        "Estou de férias até dia 10",
        "Estou fora do escritório até segunda-feira.",
        "Olá, estou de férias até 5 de maio. Obrigado",
        "Estarei ausente de 3 a 7 de junho",
        "Estou de licença até o fim do mês",
    ],
}
HERE = [
    "I am on vacation until Monday and cannot log in.",
    "I'm away until Monday so cancel my plan",
    "I'm on leave until Friday. Please cancel my subscription before that.",
    "I am out of the office, can you call my colleague?",
    "Ich bin im Urlaub und komme nicht in mein Konto.",
    "Ich bin bis Montag im Urlaub, bitte sperren Sie mein Konto.",
    "Ich bin im Urlaub bis 12. Der Export ist kaputt.",
    "Je suis en congés jusqu'au 14 et mon mot de passe a expiré",
    "Estoy de vacaciones hasta el lunes y no puedo entrar",
    "Sono in ferie fino al 20 e non riesco ad accedere",
    "Sono Marco",
    "Ik ben met vakantie tot 5 mei en mijn account is gehackt",
    "Estou de férias até dia 10, mas preciso da fatura",
    "Our out-of-office page is broken",
    "Booking vacation days in your app shows an error",
    "How do I enter that I am on leave until Monday?",
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
    ("Auto Reply not working", "I cannot seem to get auto reply to work."),
    ("Auto-reply goes out garbled", "The second line is cut off."),
    ("Abwesenheitsnotiz funktioniert nicht", "Sie wird nicht verschickt."),
    ("Lesebestätigung abschalten", "Wie geht das?"),
    ("Mail delivery failed repeatedly", "I am receiving repeated error messages when sending to known addresses."),
    ("Delivery Status Notification (Failure)", "For weeks my mails come back with this. What can be done?"),
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


@pytest.mark.parametrize("language", AWAY)
def test_that_somebody_is_away_and_nothing_else_is_automatic_without_the_usual_words(language: str) -> None:
    assert [text for text in AWAY[language] if not is_automatic("", text)] == []
    assert [text for text in AWAY[language] if not is_automatic("Re: your ticket", text)] == []


def test_a_person_who_is_away_and_wants_something_is_no_machine() -> None:
    assert [text for text in HERE if is_automatic("", text)] == []
