"""Personal data as people write it, made up with the check digits that the real ones have; none belongs to anybody."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

FIRST = ["Annika", "Ben", "Chloé", "Diego", "Elif", "Fjodor", "Giulia", "Håkan", "Inês", "Jürgen", "Katarzyna", "Liam"]
LAST = [
    "Albrecht",
    "Bianchi",
    "Castaño",
    "Dupont-Moreau",
    "Eriksen",
    "Ferreira",
    "Głowacka",
    "van der Heijden",
    "O'Neill",
]
GREETINGS = [
    "Dear {}",
    "Hi {}",
    "Hallo Herr {}",
    "Sehr geehrte Frau {}",
    "Bonjour {}",
    "Hola {}",
    "Gentile {}",
    "Beste {}",
    "Olá {}",
]
FAREWELLS = [
    "Kind regards",
    "Thanks",
    "Mit freundlichen Grüßen",
    "Viele Grüße",
    "Cordialement",
    "Saludos",
    "Cordiali saluti",
    "Met vriendelijke groet",
    "Atenciosamente",
    "Obrigada",
]


@dataclass(frozen=True)
class Seeded:
    """A secret, and the text that it stands in; none of the secret may be left of it."""

    kind: str
    secret: str
    text: str


def seeded(n: int, seed: int = 7) -> list[Seeded]:
    """Return n of them, every kind in turn; the same seed gives the same."""
    random, makers = Random(seed), list(_MAKERS)
    return [makers[number % len(makers)](random) for number in range(n)]


def person(random: Random) -> str:
    return f"{random.choice(FIRST)} {random.choice(LAST)}"


def digits(random: Random, n: int) -> str:
    return "".join(random.choices(string.digits, k=n))


def letters(random: Random, n: int, of: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.choices(of, k=n - 4)) + "7aQ3"


def luhn(payload: str) -> str:
    """Return the number with its check digit."""
    total = 0
    for place, each in enumerate(reversed(payload)):
        value = int(each) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return payload + str(-total % 10)


def iban(country: str, rest: str) -> str:
    """Return the number with its check digits."""
    number = "".join(str(int(each, 36)) for each in f"{rest}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{rest}"


def email(random: Random) -> Seeded:
    local = f"{random.choice(FIRST)}.{letters(random, 8, string.ascii_lowercase)}".lower()
    domain = random.choice(["example.com", "mail.example.org", "firma-nord.de", "correo.example.es"])
    forms = ["{}@{}", "{}+support@{}", "{} [at] {}", "{} (at) {}"]
    written = random.choice(forms).format(local, domain)
    return Seeded(
        "email", local, random.choice(["Write to {}, please.", "<{}> bounced", "my address: {}"]).format(written)
    )


def obfuscated(random: Random) -> Seeded:
    local = letters(random, 10, string.ascii_lowercase)
    return Seeded("email", local, f"Reach {local} at example dot com for more.")


def phone(random: Random) -> Seeded:
    written = random.choice(
        [
            f"+49 30 {digits(random, 4)} {digits(random, 4)}",
            f"+1 ({random.randint(200, 999)}) 555-{digits(random, 4)}",
            f"({random.randint(200, 999)}) 555-{digits(random, 4)}",
            f"0{random.randint(100, 999)} {digits(random, 3)} {digits(random, 4)}",
            f"+33 6 {digits(random, 2)} {digits(random, 2)} {digits(random, 2)} {digits(random, 2)}",
            f"+44{random.randint(20, 79)}{digits(random, 8)}",
            f"0044 20 {digits(random, 4)} {digits(random, 4)}",
        ]
    )
    return Seeded(
        "phone", written, random.choice(["Please ring {} today.", "My number is {}", "It is {}."]).format(written)
    )


def called(random: Random) -> Seeded:
    written = random.choice(
        [f"6{digits(random, 8)}", f"555{digits(random, 4)}", f"612 {digits(random, 3)} {digits(random, 3)}"]
    )
    word = random.choice(["Tel.: {}", "call me at {}", "Handy {}", "mobile: {}", "teléfono {}", "phone {}"])
    return Seeded("phone", written, word.format(written))


def card(random: Random) -> Seeded:
    start, length = random.choice([("4", 16), ("51", 16), ("37", 15), ("6011", 16), ("2221", 16), ("3530", 16)])
    number = luhn(start + digits(random, length - len(start) - 1))
    gap = random.choice(["", " ", "-"])
    written = gap.join(number[i : i + 4] for i in range(0, len(number), 4))
    return Seeded("card", written, random.choice(["paid with {}.", "card {} was refused", "Karte: {}"]).format(written))


def account_number(random: Random) -> Seeded:
    number = random.choice(
        [
            iban("DE", digits(random, 18)),
            iban("BE", digits(random, 12)),
            iban("GB", "WEST" + digits(random, 14)),
            iban("FR", digits(random, 23)),
            iban("NL", "ABNA" + digits(random, 10)),
            iban("ES", digits(random, 20)),
        ]
    )
    written = random.choice([number, " ".join(number[i : i + 4] for i in range(0, len(number), 4))])
    return Seeded(
        "iban", written, random.choice(["IBAN {} is ours", "refund to {}", "send it to {}, thanks"]).format(written)
    )


def network(random: Random) -> Seeded:
    four = ".".join(str(random.randint(11, 223)) for _ in range(4))
    six = "2001:db8:" + ":".join(f"{random.randrange(0x1000, 0xFFFF):x}" for _ in range(4)) + "::1"
    device = ":".join(f"{random.randrange(256):02x}" for _ in range(6))
    written = random.choice([four, six, device])
    return Seeded(
        "ip", written, random.choice(["blocked for {}", "from {} since noon", "host={} is down"]).format(written)
    )


def token(random: Random) -> Seeded:
    written = random.choice(
        [
            "sk_live_" + letters(random, 24),
            "pk_" + letters(random, 20),
            "whsec_" + letters(random, 32),
            "ghp_" + letters(random, 36),
            "AKIA" + "".join(random.choices(string.ascii_uppercase + string.digits, k=16)),
            "xoxb-" + letters(random, 24),
            f"eyJ{letters(random, 20)}.eyJ{letters(random, 24)}.{letters(random, 30)}",
            "github_pat_" + letters(random, 40),
        ]
    )
    return Seeded("secret", written, random.choice(["It says {} is invalid", "key={}", "we use {}"]).format(written))


def named_secret(random: Random) -> Seeded:
    word = "".join(random.choices(string.ascii_lowercase, k=6)).capitalize() + digits(random, 3)
    forms = [
        "password: {}",
        "my password is {}.",
        "Passwort: {}",
        "mot de passe : {}",
        "contraseña: {}",
        "wachtwoord = {}",
        "senha: {}",
        'the password is "{}" now',
        "PIN: {}",
        "api key: {}",
        "Authorization: Bearer {}AAAA7777",
        "https://ann:{}@db.example.com/x",
        "https://app.example.com/reset?token={}&lang=en",
        "passcode={}",
    ]
    return Seeded("secret", word, random.choice(forms).format(word))


def long_key(random: Random) -> Seeded:
    blob = base64.b64encode(random.randbytes(30)).decode().rstrip("=")
    written = random.choice([random.randbytes(20).hex() + "7a", blob + "1a2"])
    return Seeded(
        "secret", written, random.choice(["the key {} fails", "token: {}", "signing key = {}"]).format(written)
    )


def private_key(random: Random) -> Seeded:
    body = base64.b64encode(random.randbytes(48)).decode()
    return Seeded("secret", body, f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nfails")


def signature(random: Random) -> Seeded:
    name, end = person(random), random.choice(["", "\n", "\nExample GmbH"])
    return Seeded(
        "name", name, f"The export is empty.\n\n{random.choice(FAREWELLS)}{random.choice([',', '', '!'])}\n{name}{end}"
    )


def closing(random: Random) -> Seeded:
    name = person(random)
    return Seeded("name", name, f"It does not work. {random.choice(FAREWELLS)}, {name}")


def greeting(random: Random) -> Seeded:
    name = random.choice(LAST)
    return Seeded("name", name, f"{random.choice(GREETINGS).format(name)},\nthe export is empty.")


def header(random: Random) -> Seeded:
    name = person(random)
    forms = [
        "From: {} <a.b@example.com>\nhello",
        "Von: {}\nhello",
        'as "{}" <x@example.org> wrote',
        "Name: {}\nexport fails",
    ]
    return Seeded("name", name, random.choice(forms).format(name))


def introduction(random: Random) -> Seeded:
    name = person(random)
    forms = [
        "My name is {} and it fails.",
        "ich heiße {}.",
        "Je m'appelle {}.",
        "Me llamo {}",
        "Mi chiamo {}.",
        "Mijn naam is {}.",
        "meu nome é {}.",
    ]
    return Seeded("name", name, random.choice(forms).format(name))


def attachment(random: Random) -> Seeded:
    stem = person(random).replace(" ", "_").replace("'", "")
    forms = ["See passport_{}.pdf", 'I attached "contract {}.docx" twice', "invoice-{}.xlsx is wrong", "photo_{}.jpeg"]
    return Seeded("attachment", stem, random.choice(forms).format(stem))


_MAKERS: tuple[Callable[[Random], Seeded], ...] = (
    email,
    phone,
    card,
    account_number,
    network,
    token,
    named_secret,
    signature,
    greeting,
    attachment,
    obfuscated,
    called,
    long_key,
    private_key,
    closing,
    header,
    introduction,
)
