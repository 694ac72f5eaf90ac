"""Ask golden questions of a running service, from a command line."""

from typing import Final

import httpcore
import msgspec

from serving.errors import ServingError
from serving.evals.schemas import EvalsIn, TrialOut

SECONDS: Final = 300
_OK: Final = 200


class ServiceRefused(ServingError):
    """The service did not ask the questions."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(f"{url} did not ask the questions: {reason}")


def tried_at(url: str, key: str, toml: str) -> TrialOut:
    """Return what came. Raises `ServiceRefused`."""
    address = f"{url.rstrip('/')}/v1/evals/trial"
    headers = [("Authorization", f"Bearer {key}"), ("Content-Type", "application/json")]
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
    try:
        response = httpcore.request(
            "POST",
            address,
            headers=headers,
            content=msgspec.json.encode(EvalsIn(toml=toml)),
            extensions={"timeout": timeout},
        )
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, ValueError) as error:
        raise ServiceRefused(address, str(error) or type(error).__name__) from error
    try:
        if response.status == _OK:
            return msgspec.json.decode(response.content, type=TrialOut)
        problem = msgspec.json.decode(response.content, type=dict[str, object])
    except msgspec.MsgspecError:
        raise ServiceRefused(address, f"status {response.status}") from None
    raise ServiceRefused(address, f"{problem.get('detail') or problem.get('title')} (status {response.status})")
