"""What may be asked for a new key: the same at the command line and in the console."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.changes.edit import Edit
from serving.errors import FieldError, InvalidRequest
from serving.keys.api_keys import KeyStore, Scope, id_of
from serving.keys.identities import identity_secret
from serving.keys.installation_secret import InstallationSecret
from serving.keys.origins import as_sent

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which is shown once; a widget key comes with the secret that signs identities."""

    key: str
    identity_secret: str | None

    @property
    def id(self) -> str:
        """What names the key from now on."""
        return id_of(self.key)


def create(
    keys: KeyStore, installation: InstallationSecret, scope: Scope, name: str, origins: Sequence[str], edit: Edit
) -> NewKey:
    """Make a key.

    Raises `InvalidRequest`: the origins do not go with the scope, or no browser sends one of them.
    """
    if problems := [*_about_name(name), *_about_origins(scope, origins)]:
        raise InvalidRequest(problems)
    key = keys.create(scope, at=edit.at, name=name, origins=tuple(origins), edit=edit)
    secret = identity_secret(installation, id_of(key)) if scope is Scope.WIDGET else None
    return NewKey(key, secret)


def _about_name(name: str) -> list[FieldError]:
    fits = len(name) <= LONGEST_NAME and (name.isprintable() or not name)
    return [] if fits else [FieldError("name", f"Write at most {LONGEST_NAME} letters on one line.")]


def _about_origins(scope: Scope, origins: Sequence[str]) -> list[FieldError]:
    if (scope is Scope.WIDGET) != bool(origins):
        message = "A widget key needs its sites' origins, such as https://your.site; other keys have none."
        return [FieldError("origins", message)]
    found = []
    for origin in origins:
        if (sent := as_sent(origin)) != origin:
            instead = f"write {sent}" if sent else "write https://host or https://host:port, one for each site"
            found.append(FieldError("origins", f"No browser sends {origin!r} as an origin: {instead}."))
    return found
