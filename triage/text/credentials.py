"""Find credentials in a text: keys, tokens and passwords, by their form or by the word before them."""

from __future__ import annotations

import re

_PRIVATE_KEY = (
    r"(?P<it>-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s:.,()]{0,8000}"
    r"(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?)"
)
_PREFIXED = (
    r"(?<![A-Za-z0-9_-])(?P<it>(?:[srp]k_[A-Za-z0-9_]{8,200}|sk-[A-Za-z0-9_-]{16,200}|gh[opsur]_[A-Za-z0-9]{16,255}"
    r"|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,64}|xox[abeprs]-[A-Za-z0-9-]{10,250}|whsec_[A-Za-z0-9+/=]{16,200}"
    r"|A[KS]IA[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,250}|SG\.[\w-]{16,32}\.[\w-]{16,64}"
    r"|ya29\.[\w-]{20,250}|eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{0,2000}))"
)
_NAME = (
    r"(?:password|passwd|passwort|kennwort|passphrase|pwd|mot de passe|contrase(?:ñ|n)a|clave|wachtwoord|senha|parola"
    r"|secret|token|passcode|pin|otp|2fa code"
    r"|(?:api|access|secret|private|licen[cs]e|auth|encryption|signing)[_ -]?key)"
)
_IS = r"(?:is|are|ist|lautet|est|es|è|é)"
_NAMED = (
    rf"(?i)(?<![a-z0-9])(?:{_NAME})[\"']?(?:[ \t]{{0,3}}[:=][ \t]{{0,3}}|[ \t]{{1,3}}{_IS}[ \t]{{1,3}}:?[ \t]{{0,3}})"
    r"(?P<left>[\"'`“]?)(?P<it>[^\s\"'`“”,;\[\]]{4,200})"
)
_KEYED = (
    r"(?i)\b(?:key|token|secret|credential|schl(?:ü|ue)ssel|cl(?:é|ave)|chiave|sleutel|chave)s?\b[\"']?"
    r"[ \t]{0,3}[:=#]?[ \t]{0,3}[\"'`]?(?P<it>[A-Za-z0-9+/_=-]{24,512})(?![A-Za-z0-9+/_=-])"
)
_QUERY = (
    r"(?i)[?&#;](?:[a-z_-]{0,20}(?:token|key|secret|signature|password|pwd|session|sid)|auth|sig|otp|code(?==[^&]{10}))="
    r"(?P<it>[^\s&#\"'<>\[\]]{4,2000})"
)

_ORDINARY_WORDS = """
password enter once meaningless present broken transmitted connecting spuntata
wrong incorrect correct invalid valid required needed necessary missing empty blank saved stored remembered
rejected refused accepted right okay still being never always asked requested entered typed changed reset
expired unknown different same also only just protected encrypted hidden shown visible working fine good prompt
prompted there here gone lost forgotten forgot that this what when with without from than then they them because
which where your have been used using unable failing failed fails normal none null true false oauth oauth2 plain
disabled enabled sent set yes optional about mandatory ok too longer very weak strong falsch richtig nicht
ungültig gültig korrekt nötig erforderlich abgelaufen vergessen gespeichert leer incorrecte correcte faux
invalide valide obligatoire oublié expiré pas bon mauvais requis incorrecta correcta incorrecto correcto
inválida válida necesaria olvidada caducada sbagliata errata corretta scaduta richiesta dimenticata valida
onjuist juist verkeerd verlopen vergeten nodig niet incorreta correta errada expirada necessária esquecida
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())


def _stated(match: re.Match[str]) -> int:
    """Tell a password from what is said about one: a plain word counts only where it ends its sentence."""
    found = match["it"]
    word = found.partition("...")[0].rstrip(".!?:)")
    if word.lower() in _ORDINARY or not word or "://" in word or word.endswith("%"):
        return 0
    if not match["left"] and word.islower() and word.endswith(("ed", "ing")):
        return 0
    if not match["left"] and word.isalpha() and word.islower() and not _ends(match):
        return 0
    return len(found.rstrip(".?:)") or found)  # an exclamation mark may be its last character


def _ends(match: re.Match[str]) -> bool:
    """Say whether the sentence or the line ends behind it."""
    return match["it"][-1] in ".!?)" or match.string[match.end("it") : match.end("it") + 1] in {"", "\n", ",", ";"}


def _random(match: re.Match[str]) -> int:
    """Tell a key from a long word or a path: it has digits and letters, and no run of words."""
    found = match["it"]
    digits = sum(each.isdigit() for each in found)
    return len(found) if digits >= 3 and any(map(str.isalpha, found)) and found.count("/") < 4 else 0


def _whole(match: re.Match[str]) -> int:
    return len(match["it"])


CREDENTIALS = (
    (re.compile(_PRIVATE_KEY), _whole),
    (re.compile(_PREFIXED), _whole),
    (re.compile(r"(?i)\bbearer[ \t]{1,3}(?P<it>[A-Za-z0-9._~+/=-]{12,4000})"), _whole),
    (re.compile(r"(?i)\bauthorization:[ \t]{0,3}basic[ \t]{1,3}(?P<it>[A-Za-z0-9+/=]{6,4000})"), _whole),
    (re.compile(r"://(?P<it>[^\s/@:\[]{1,100}:[^\s/@]{1,100})@"), _whole),
    (re.compile(_QUERY), _whole),
    (re.compile(_NAMED), _stated),
    (re.compile(_KEYED), _random),
)
