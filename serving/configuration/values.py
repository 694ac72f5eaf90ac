"""The kinds of values that settings have, and how their texts are read."""

import ipaddress
import sys
from pathlib import Path
from typing import Annotated

import msgspec

from serving.errors import SettingNotValid

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Natural = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(gt=0)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Workers = Annotated[int, msgspec.Meta(ge=0, le=64)]
AtMostHalf = Annotated[float, msgspec.Meta(ge=0, le=0.5)]

QUOTA = Path("/sys/fs/cgroup/cpu.max")


def read(name: str, text: str, kind: object) -> object:
    """Return the value of a setting; raises `SettingNotValid`: the text is none of its kind."""
    if kind is bool:
        text = {"yes": "true", "no": "false"}.get(text.lower(), text)
    try:
        return msgspec.convert(text, kind, strict=False, dec_hook=lambda path, said: path(said))
    except msgspec.ValidationError:
        numbers = [
            (Natural, "a whole number"),
            (Port, "a whole number from 0 to 65535"),
            (Workers, "a whole number from 0 to 64"),
            (Positive, "a whole number above 0"),
            (Seconds, "a number above 0"),
            (Share, "a number from 0 to 1"),
            (AtMostHalf, "a share from 0 to 0.5, such as 0.05: more than half of the customers are never held out"),
        ]
        expected = next((words for each, words in numbers if each == kind), "true or false")
        raise SettingNotValid(name, text, expected) from None


def quota(path: Path) -> int:
    """Read how many processors a container may use (`docker run --cpus`), at least one; without a limit, very many."""
    try:
        quota, period = path.read_text(encoding="ascii").split()
        return max(1, round(int(quota) / int(period)))
    except (OSError, ValueError):  # no such file, or `max`
        return sys.maxsize


def networks(text: str) -> tuple[Network, ...]:
    """Read a list of networks, by commas; a mistake is a `ValueError`."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
