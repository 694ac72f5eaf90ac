"""The brands of a deployment: each is a folder of its own, `HOME/brands/NAME`, with a `brand.toml`.

The folder is a whole home: database, keys, models, articles. So nothing is read across: no query knows another brand.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from serving.errors import BrandNotUsable

FOLDER, FILE = "brands", "brand.toml"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # as a label of a host name
_HOST = re.compile(r"[a-z0-9.-]{1,253}")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    hosts: list[str] = []
    settings: dict[str, str | int | float | bool] = {}


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand as its file says it."""

    name: str
    home: Path
    hosts: tuple[str, ...] = ()  # under which it is reached without its path prefix
    settings: Mapping[str, object] = field(default_factory=dict)  # its own, by name; the others are the deployment's

    @property
    def prefix(self) -> str:
        """Return the start of every path under which it is reached on any host."""
        return f"/{FOLDER}/{self.name}"


def home_of(deployment: Path, name: str) -> Path:
    """Return the folder of a brand, there or not.

    Raises `BrandNotUsable`: a brand cannot have this name.
    """
    if not _NAME.fullmatch(name):
        raise BrandNotUsable(name, "a name has 1 to 63 small letters, digits and hyphens, such as acme or acme-eu")
    return deployment / FOLDER / name


def names_in(deployment: Path) -> list[str]:
    """Return the names of the brands that a home has; a name that cannot be printed, nobody meant for one."""
    found = (path.parent.name for path in (deployment / FOLDER).glob(f"*/{FILE}") if path.is_file())
    return sorted(name for name in found if name.isprintable())


def read(deployment: Path, name: str) -> Brand:
    """Read a brand's file.

    Raises `BrandNotUsable`: there is none, or it cannot be read.
    """
    home = home_of(deployment, name)
    if not (home / FILE).is_file():  # also a pipe: reading from it would wait for ever
        there = ", ".join(names_in(deployment)) or "none yet"
        raise BrandNotUsable(name, f"{home} has no {FILE}: `firstline brands add {name}`. There are: {there}")
    try:
        said = msgspec.convert(tomllib.loads((home / FILE).read_text(encoding="utf-8")), _File)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise BrandNotUsable(name, f"{home / FILE}: {error}") from None
    hosts = tuple(host.lower().rstrip(".") for host in said.hosts)
    if wrong := [host for host in hosts if not _HOST.fullmatch(host)]:
        raise BrandNotUsable(name, f"{wrong[0]!r} is no host: give a name such as help.example, without port or path")
    return Brand(name, home, hosts, said.settings)
