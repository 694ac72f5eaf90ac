"""Words that stand in urgent phrases and mean something else raise nothing; urgent news in other words raises."""

from __future__ import annotations

import time

import pytest

from triage.model import urgency

LEXICON = urgency.default()


def found(text: str) -> str | None:
    alarmed = LEXICON.find(text)
    return alarmed.priority if alarmed else None


OTHER_MEANING = [
    "How can I export all payments of March as a spreadsheet?",
    "Please list all payments that we made in 2025.",
    "Where do I see all payments and refunds of one customer?",
    "The API page has a drop-down for the version. Could you add v3?",
    "The login form has a drop down menu that is too narrow.",
    "On the API page I scroll down and the footer covers the last line.",
    "Scroll the login page down, the link is hidden.",
    "Everybody should calm down, we found the file.",
    "Can everyone please settle down? The report is there.",
    "Our production costs are down 12 % this month. Where do I enter that?",
    "Production volume went down by ten percent, can the chart show that?",
    "How do I break production down by region?",
    "Sales in production are down, which filter shows the region?",
    "Can the API break revenue down by plan?",
    "The number of API calls went down after the summer, is there a chart?",
    "Can I scale the server down at night?",
    "Our data volume has gone up since May. Does the price change?",
    "The data has gone through, thank you. How do I see it in the chart?",
    "The data has gone live, how do I share it?",
    "I can see the data but lost the link to the dashboard.",
    "I opened the data yesterday and then lost my phone, how do I get the code?",
    "Nobody got in touch with me about the invoice.",
    "No one got in contact about our offer.",
    "911 users were imported. How do I undo the first one?",
    "Our import has 911 rows, is that too many?",
    "My Porsche 911 is listed under the wrong category.",
    "We read the meter by its P1 port.",
    "Which cable fits the P1 connector of the meter?",
    "The chart shows percentiles p1, p50 and p99.",
    "No workaround needed, thanks.",
    "No workaround is necessary, we are happy with it.",
    "No, workaround was not the question. Can the colour be changed?",
    "We do not need a workaround, just tell us when dark mode is there.",
    "Kann ich die Daten auch auf einem anderen Weg exportieren?",
    "Wie kommen die Daten auf kürzestem Weg in das CRM?",
    "Die Daten sind schon auf dem Weg zu Ihnen.",
    "Wie trage ich den Ausfall einer Kollegin wegen Krankheit ein?",
    "Wie buche ich den Ausfall eines Mitarbeiters im Kalender?",
    "Niemand hat sich für die Schulung angemeldet, wie sage ich sie ab?",
    "Nadie vino a la sesión de formación del martes.",
    "Nadie ha reservado la sesión de fotos, ¿puedo moverla?",
    "Je n'ai aucun paiement à faire cette semaine, est-ce exact ?",
    "J'ai eu une panne de voiture, puis-je déplacer le rendez-vous ?",
    "Wat gebeurt er met mijn gegevens bij een datalek?",
    "Do you offer data loss prevention?",
    "Where is your security incident policy?",
    "Can you send us the outage report of last month?",
    "We would like a credit for the outage last month.",
    "There is a planned outage of the power in our office on Friday, do we need to do anything?",
    "How do I subscribe to outage notifications?",
    "Which payments failed last month? I need a list.",
    "Show me how to filter failed payments.",
    "Thumbs down on the new look, I liked the old one.",
    "The menu is upside down on my tablet.",
    "How do I write down a note on a ticket?",
    "Please mark the platform fee down to 20 euros.",
    "The down arrow of the service menu is grey.",
    "Is the down payment for the platform refundable?",
]  # fmt: skip
DENIED_OR_OVER = [
    "Our site is NOT down, all is well.",
    "The platform isn't down, I only ask about the colour.",
    "Production was down this morning, but it is fixed now. Can we get a report?",
    "The API was down from 8 to 9 and has recovered.",
    "Production was down for everyone. It works again, thank you!",
    "Nobody could log in yesterday. That is resolved, I only need a statement.",
    "The outage is over, how do I read the log?",
    "RESOLVED: production is down",
    "Re: [Resolved] API outage",
    "Recovered: service outage in region two",
    "The site was down, everything is back to normal.",
    "Payments failed this morning. This has been fixed already, thanks.",
    "We had an outage last week. Where do I find the credit?",
    "It was a false alarm: the site is not down.",
    "Das System war ausgefallen, es läuft wieder. Danke!",
    "Der Ausfall ist behoben, vielen Dank.",
    "Niemand konnte sich einloggen, das ist inzwischen behoben.",
    "La plateforme était en panne pour tous, c'est résolu maintenant.",
    "Le service était en panne, tout fonctionne à nouveau.",
    "El sistema estaba caído para todos, ya funciona.",
    "La plataforma estaba caída, está todo resuelto.",
    "La piattaforma era ferma per tutti, ora funziona.",
    "Il sistema era giù per tutti, è stato risolto.",
    "Het systeem lag plat, het is opgelost.",
    "Niemand kon inloggen, maar het werkt weer.",
    "O sistema caiu para todos, mas já funciona.",
    "O serviço estava fora do ar, foi resolvido.",
]  # fmt: skip
SUPPOSED = [
    "In case of an outage, whom do we call?",
    "What happens if production is down at night?",
    "What if the platform goes down during our launch?",
    "In the event of a data breach, how fast do you tell us?",
    "Our auditor asks whether you are insured against ransomware.",
    "Is your staff trained to spot ransomware?",
    "How do you protect us from data loss?",
    "How do we report a security incident?",
    "Do you notify customers when there is an outage?",
    "Does your SLA cover an outage of the whole region?",
    "Was passiert bei einem Ausfall?",
    "Im Falle eines Datenverlusts: wer hilft uns?",
    "Que se passe-t-il en cas de panne totale ?",
    "¿Qué pasa en caso de fuga de datos?",
    "Cosa succede in caso di perdita di dati?",
    "Wat doen jullie in geval van dataverlies?",
    "O que acontece em caso de perda de dados?",
]  # fmt: skip
URGENT = [
    "Our website's down since an hour.",
    "The site has been down since six and customers cannot order.",
    "WEBSITE DOWN",
    "the app's down again",
    "Production\nDown since 10:00, all users.",
    'Every page only says "The platform is down for everyone".',
    "The whole system is currently unreachable.",
    "Your service is completely down.",
    "The platform is dead, nothing loads for anyone in the company.",
    "Not one of our 300 people can open the app.",
    "Not a single user gets past the login.",
    "None of our employees has been able to log in since eight.",
    "Our entire company is locked out.",
    "No user can log in any more.",
    "All 40 of our users get 'bad gateway'.",
    "Every request to the API returns 503, all endpoints fail.",
    "Everything is offline for the whole team.",
    "Total failure since noon.",
    "All card payments are declined since this morning.",
    "We are unable to take any payments.",
    "None of our customers can pay, all payments are rejected.",
    "Many customers were charged twice last night.",
    "Hundreds of invoices went out with the wrong amount.",
    "You debited all our customers twice.",
    "I can see the invoices of another customer.",
    "We see tickets that belong to another company.",
    "My account shows the orders of another customer.",
    "I am logged in as somebody else.",
    "One of our users sees another customer's data.",
    "Someone else's data is in my account.",
    "The customer list was replaced by that of another company.",
    "Ich sehe die Rechnungen anderer Kunden.",
    "In unserem Konto stehen die Daten einer anderen Firma.",
    "Je vois les factures d'un autre client.",
    "Veo las facturas de otra empresa en mi cuenta.",
    "Vedo i dati di un altro cliente.",
    "Ik zie de facturen van een andere klant.",
    "Vejo as faturas de outra empresa.",
    "My account was hacked.",
    "Somebody hacked into our account and changed the password.",
    "A stranger has taken over our admin account.",
    "Someone logged into my account from a country where I am not.",
    "Mein Konto wurde gehackt.",
    "Mon compte a été piraté.",
    "Mi cuenta fue hackeada.",
    "Il mio account è stato violato.",
    "Mijn account is gehackt.",
    "Minha conta foi invadida.",
    "Our API key was published on GitHub.",
    "A colleague posted our password in a public forum, credentials are leaked.",
    "Our credentials were stolen.",
    "Unsere Zugangsdaten wurden gestohlen.",
    "Nos identifiants ont été volés.",
    "Nuestras contraseñas fueron robadas.",
    "Le nostre credenziali sono state rubate.",
    "Onze wachtwoorden zijn gelekt.",
    "Nossas senhas foram vazadas.",
    "The import deleted all our customers.",
    "After the update all our records are gone.",
    "We had an outage last month, and now production is down again.",
    "It was fixed yesterday. Production is down again for everyone.",
    "Production is down. It was fixed at nine, but nobody can log in again.",
    "Until it is fixed nobody can log in.",
    "Please tell me when it is fixed: the platform is down.",
    "The outage is not resolved.",
    "Please calm down your robots: the site is down for all users.",
    "P1: checkout broken",
    "This is a P1 for us.",
    "Please treat as P0.",
]  # fmt: skip


@pytest.mark.parametrize("text", OTHER_MEANING + DENIED_OR_OVER + SUPPOSED)
def test_words_that_mean_something_else_are_past_or_only_supposed_raise_nothing(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize("text", URGENT)
def test_urgent_news_in_other_words_raises(text: str) -> None:
    assert found(text) in ("P0", "P1")


@pytest.mark.parametrize("calm", [*OTHER_MEANING[::3], *SUPPOSED[::3]])
def test_calm_words_beside_an_emergency_hide_nothing(calm: str) -> None:
    assert found(f"{calm} By the way: production is down for everyone.") == "P0"


@pytest.mark.parametrize(
    "text", ["down " * 800, "data " * 800, "in case of " * 400, "it is fixed. " * 300, "a-" * 2000, "see " * 1000]
)
def test_a_text_of_nothing_but_words_of_phrases_is_read_in_a_moment(text: str) -> None:
    found("warm")
    started = time.process_time()
    found(text)
    assert time.process_time() - started < 1  # a few hundredths of a second
