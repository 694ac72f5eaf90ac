"""Find credentials that people state: keys, tokens and passwords, by their form or by the word before them."""

from __future__ import annotations

import re

from triage.text.finder import Finder, Spans, where, whole

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
_KINDS = (
    r"(?=[^\W_])"  # most signs are not tried with each word
    r"(?:pass[ -]?word|passwd|passwort|kennwort|passphrase|passcode|pwd|mot de passe|contrase(?:ñ|n)a|clave|wachtwoord"
    r"|senha|palavra[- ]passe|parola(?: d['’]ordine)?|secret|token|pin|otp|tan|2fa code"
    r"|(?:security|access|login|backup|recovery) code|code d['’]accès"
    r"|(?:api|access|secret|private|licen[cs]e|auth|encryption|signing)[_ -]?key|accountkey|c[vs]c2?|cvv2?)"
)
_SHORT_FORMS = r"(?:pass|pw|mdp|ww|pswd?|passw|psw|kw|pass(?:word)?s|login|credentials?|creds?)"
_IS = r"(?:is|are|ist|lautet|est|es|è|é)"
_QUOTED = r"(?P<left>[\"'`“„«»]?)(?:(?<=[«»])[ \u00a0\u202f])?(?P<it>[^\s\"'`“”„«»,;\[\]<>]{4,200})"
_SEPARATED = r"[\"'`*]{0,2}[ \t\u00a0]{0,3}(?:[:=]|=>|:=)[ \t\u00a0]{0,3}"
_OF_WHOM = r"(?:[ ]?\([^()\n]{1,30}\)|[ ](?:for|für|pour|para|per|voor|of|von|de|do|da)[ ][^\s:=]{1,40})"
_ONE_TIME = (
    r"(?i)(?<![a-z0-9])(?:otp|pin(?:code)?|tan|cv[cv]2?|csc|(?:2fa|mfa)[ -]code|passcode"
    r"|(?:verification|security|login|access|auth(?:entication)?|one-time|sms) (?:code|pin|password)"
    r"|(?:bestätigungs|sicherheits|verifizierungs|verificatie|beveiligings)code|code de (?:sécurité|vérification)"
    r"|código de (?:verificación|seguridad|verificação|segurança)|codice di (?:verifica|sicurezza))"
    r"[ \t]{0,3}(?:[:=#–-]|is|was|ist|war|est|es|era|è|é)?[ \t]{0,3}(?P<it>\d(?:[ -]?\d){2,8})(?![\w%.]\w?)"
)
_NAMED = (
    rf"(?i)(?<![a-z0-9])(?:[a-z0-9]{{0,24}}[_.-]|pg|my|db)?{_KINDS}"
    rf"(?:{_SEPARATED}|[ \t]{{1,3}}{_IS}(?:[ \t]{{1,3}}|[ \t]{{0,2}}:[ \t]{{0,3}})|>(?=[^<\s]{{4,200}}</))"
    rf"{_QUOTED}"
)
_IN_CAMEL_CASE = (
    r"(?<![A-Za-z])[a-z]{1,20}(?:Password|Passwd|Pwd|Passphrase|Secret|Token|ApiKey|AccessKey|PrivateKey)"
    rf"{_SEPARATED}{_QUOTED}"
)
_WAS = (
    r"(?:was|were|used to be|is (?:now|still)|(?:is |was )?(?:set|changed|reset) to|war|wurde|lautete|ist (?:jetzt|nun)"
    r"|était|etait|era|fue|ahora es|foi|lautet|(?:that|which) (?:i|we) (?:use|used|have) is"
    r"|que (?:uso|usamos|tengo) (?:é|es)|que j['’]utilise est"
    r"|che uso è|die ich (?:nutze|benutze|verwende) ist)"
)
_LOOSELY = (
    rf"(?:{_OF_WHOM}{_SEPARATED}|[ ](?:you|they) (?:sent|gave|mailed)(?: (?:me|us))?[,:]{{0,1}}[ ]"
    rf"|[ \t]{{1,3}}[-–—/|>][ \t]{{1,3}}|[ \t]{{0,3}}(?:->|→|[(=:])[ \t]{{0,3}}|[ \t]{{1,3}})"
)
_FOLLOWED = rf"(?:[ \t]{{1,3}}{_WAS}[ \t]{{1,3}}|s?[\"'`]?{_LOOSELY})"
_SHORTENED = (
    rf"{_SHORT_FORMS}(?:{_SEPARATED}|[ \t]{{1,3}}(?:{_IS}|{_WAS})[ \t:]{{1,3}}|[ \t]{{1,3}}[-–—→/|][ \t]{{1,3}})"
)
_LOOSELY_NAMED = rf"(?i)(?<![a-z0-9/@.-])(?:(?:[a-z0-9]{{0,24}}[_.-])?{_KINDS}{_FOLLOWED}|{_SHORTENED}){_QUOTED}"
_IN_QUOTES = (  # a phrase of words in quotation marks
    r"(?i)(?<![a-z0-9])(?:my|our|mein|unser|mon|notre|mi|mia|la mia|mijn|ons|minha) "
    rf"{_KINDS}[ \t]{{1,3}}(?:{_IS}|{_WAS})[ \t:]{{1,3}}[\"“„«]"
    r"(?P<it>[^\"“”„«»\n]{4,60})[\"“”»]"
)
_LOGIN = (
    r"(?i)(?<![a-z0-9/@.-])(?:login(?:s|daten)?|log[ -]in|credentials?|creds|zugang(?:sdaten)?"
    r"|anmeldedaten|identifiants?|credenciales|credenziali|inloggegevens|credenciais"
    r"|dati di accesso|user(?:name)?/(?:password|pw|pass))"
    r"[ \t]{0,3}(?:[:=-]|are|is|sind|sont|son|sono|zijn|são)?[ \t]{0,3}(?P<user>[^\s:/|]{2,64})(?<!http)(?<!https)"
    r"(?:[ \t]{0,3}[:/|][ \t]{0,3}|[ \t](?:and|und|et|y|e|en)[ \t])(?P<left>)(?P<it>[^\s,;\"'<>]{6,200})"
)
_KEYED = (
    r"(?i)\b(?:key|token|secret|credential|schl(?:ü|ue)ssel|cl(?:é|ave)|chiave|sleutel|chave)s?\b[\"']?"
    r"[ \t]{0,3}[:=#]?[ \t]{0,3}[\"'`]?(?:(?P<it>[A-Za-z0-9+/_=-]{24,512}+)(?![A-Za-z0-9+/_=-])"
    r"|[A-Za-z0-9+/_=-]{513,}+)"  # too long for a key; read once, not once for each "key" in it
)

_ORDINARY_WORDS = """
password enter once meaningless present broken transmitted connecting spuntata wrong incorrect correct invalid valid
required needed necessary missing empty blank saved stored remembered rejected refused accepted right okay still being
never always asked requested entered typed changed reset expired unknown different same also only just protected
encrypted hidden shown visible working fine good prompt prompted there here gone lost forgotten forgot that this what
when with without from than then they them because which where your have been used using unable failing failed fails
normal none null true false oauth oauth2 plain disabled enabled sent set yes optional about mandatory ok too longer
very weak strong falsch richtig nicht ungültig gültig korrekt nötig erforderlich abgelaufen vergessen gespeichert leer
incorrecte correcte faux invalide valide obligatoire oublié expiré pas bon mauvais requis incorrecta correcta
incorrecto correcto inválida válida necesaria olvidada caducada sbagliata errata corretta scaduta richiesta
dimenticata valida onjuist juist verkeerd verlopen vergeten nodig niet incorreta correta errada expirada necessária
esquecida manager generator policy field form page link change changes reuse recovery protection hash mail email
confirmation against without instead before while until does doesn't isn't won't can't cannot didn't wasn't please
help thanks
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())


def stated(match: re.Match[str]) -> int:
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


def _strong(match: re.Match[str]) -> int:
    """Take what follows loosely only if no word looks like it: with a digit beside letters, or signs among them."""
    found = match["it"].rstrip(".,:;?)")
    word = found.rstrip("!")
    if word.lower() in _ORDINARY or "://" in word or word.startswith(("[", "<")) or _VERSION_OR_DATE.match(word):
        return 0
    mixed = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    signed = any(map(str.isalpha, word)) and bool(_SIGN.search(word))
    return len(found) if mixed or signed else 0


_SIGN = re.compile(r"\w[!#$%&*+=?@^~]+\w")
_VERSION_OR_DATE = re.compile(
    r"(?:v?\d+(?:[.-]\d+)*(?:st|nd|rd|th|px|ms|s|min|h|d|%|k|mb|gb|x)?|[a-z]+(?:-\d+|\.(?!(?:19|20)\d\d\Z)\d+)(?:\.\d+)*|(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:/\S*)?)\Z",
    re.IGNORECASE,
)


def _ends(match: re.Match[str]) -> bool:
    """Say whether the sentence or the line ends behind it."""
    return match["it"][-1] in ".!?)" or match.string[match.end("it") : match.end("it") + 1] in {"", "\n", ",", ";"}


def _random(match: re.Match[str]) -> int:
    """Tell a key from a long word or a path: it has digits and letters, and no run of words."""
    found = match["it"] or ""
    digits = sum(each.isdigit() for each in found)
    return len(found) if digits >= 3 and any(map(str.isalpha, found)) and found.count("/") < 4 else 0


def _finder(pattern: str, words: str = "", signs: tuple[str, ...] = (), spans: Spans = whole) -> Finder:
    return Finder("secret", re.compile(pattern), spans, frozenset(words.split()), signs)


_NAMED_BY = """
password passwords passwd passwort kennwort passphrase passcode pwd pgpassword mypassword dbpassword passe contraseña
contrasena clave wachtwoord senha parola secret secrets token pin otp tan fa code key accountkey apikey secretkey
accesskey privatekey authkey cvc cvv csc pass pw mdp ww psw pswd passw kw login credentials credential creds cred
pincode mfa sms bestätigungscode sicherheitscode verifizierungscode verificatiecode beveiligingscode código codice
"""
_LOGIN_BY = """
login logins logindaten log credential credentials creds zugang zugangsdaten anmeldedaten identifiant identifiants
credenciales credenziali inloggegevens credenciais dati user username
"""
_PREFIX_WORDS = """
sk_ rk_ pk_ sk- gho_ ghp_ ghs_ ghu_ ghr_ github_pat_ glpat- xox whsec_ AKIA ASIA AIza npm_ pypi- SG. ya29. eyJ
"""
_PREFIXES = tuple(_PREFIX_WORDS.split())
_KEY_WORDS = """
key keys token tokens secret secrets credential credentials schlüssel schluessel clé clés clave claves chiave sleutel
chave
"""
FINDERS = (
    _finder(_PRIVATE_KEY, signs=("PRIVATE KEY",)),
    _finder(_PREFIXED, signs=_PREFIXES),
)
"""What is known by its form."""

STATED = (
    _finder(_ONE_TIME, _NAMED_BY),
    _finder(_LOGIN, _LOGIN_BY, spans=where(_strong)),
    _finder(_NAMED, _NAMED_BY, spans=where(stated)),
    _finder(_IN_CAMEL_CASE, signs=("Pass", "Pwd", "Secret", "Token", "Key"), spans=where(stated)),
    _finder(_LOOSELY_NAMED, _NAMED_BY, spans=where(_strong)),
    _finder(_IN_QUOTES, _NAMED_BY, spans=whole),
    _finder(_KEYED, _KEY_WORDS, spans=where(_random)),
)
"""What a word before it names."""
