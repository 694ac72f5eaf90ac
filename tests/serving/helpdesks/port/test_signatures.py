"""Each desk's proof, made here a second time from its documentation; and everything that is no proof."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from serving.helpdesks.port.signatures import SCHEMES, Delivery, verify
from serving.http.errors import HookNotProven

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECONDS = str(int(AT.timestamp()))
BODY = '{"sübject": "x"}'.encode()
URI = "https://hooks.acme.example/v1/inbound/hubspot?portal=1"
SECRET = "s3cret"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def mac(digest: Callable[..., object], signed: bytes, key: bytes = SECRET.encode()) -> bytes:
    return hmac.new(key, signed, digest).digest()  # type: ignore[arg-type]


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


ISO = "2026-03-02T10:00:00Z"
PROVEN = {
    "zendesk": {
        "x-zendesk-webhook-signature": b64(mac(hashlib.sha256, ISO.encode() + BODY)),
        "x-zendesk-webhook-signature-timestamp": ISO,
    },
    "zammad": {"x-hub-signature": "sha1=" + mac(hashlib.sha1, BODY).hex()},
    "chatwoot": {
        "x-chatwoot-signature": "sha256=" + mac(hashlib.sha256, SECONDS.encode() + b"." + BODY).hex(),
        "x-chatwoot-timestamp": SECONDS,
    },
    "intercom": {"x-hub-signature": "sha1=" + mac(hashlib.sha1, BODY).hex()},
    "jira": {"x-hub-signature": "sha256=" + mac(hashlib.sha256, BODY).hex()},
    "hubspot": {
        "x-hubspot-signature-v3": b64(mac(hashlib.sha256, f"POST{URI}".encode() + BODY + f"{SECONDS}000".encode())),
        "x-hubspot-request-timestamp": f"{SECONDS}000",
    },
    "freshdesk": {"x-firstline-token": SECRET},
    "django_helpdesk": {"x-firstline-token": SECRET},
}
PROVEN |= {
    kind: {
        "webhook-id": "msg_1",
        "webhook-timestamp": SECONDS,
        "webhook-signature": "v1," + b64(mac(hashlib.sha256, f"msg_1.{SECONDS}.".encode() + BODY)),
    }
    for kind in ("rt", "standard")
}
TIMED = sorted(kind for kind in PROVEN if SCHEMES[kind].timestamp)


def a_delivery(kind: str, **more: str) -> Delivery:
    return Delivery(body=BODY, headers=PROVEN[kind] | more, uri=URI)


def refusal(kind: str, delivery: Delivery, secret: str = SECRET, at: datetime = AT) -> str:
    with pytest.raises(HookNotProven) as refused:
        verify(SCHEMES[kind], secret, delivery, at=at)
    assert SECRET not in str(refused.value)
    return refused.value.reason


def test_every_desk_has_a_vector_here() -> None:
    assert set(PROVEN) == set(SCHEMES)


@pytest.mark.parametrize("kind", sorted(PROVEN))
def test_what_is_signed_as_documented_passes(kind: str) -> None:
    verify(SCHEMES[kind], SECRET, a_delivery(kind), at=AT)


@pytest.mark.parametrize("kind", sorted(set(PROVEN) - {"freshdesk", "django_helpdesk"}))
def test_one_changed_byte_is_refused(kind: str) -> None:
    assert refusal(kind, replace(a_delivery(kind), body=BODY + b" ")) == "the signature does not fit body and secret"


@pytest.mark.parametrize("kind", sorted(PROVEN))
def test_another_secret_is_refused(kind: str) -> None:
    refusal(kind, a_delivery(kind), secret="an0ther")


@pytest.mark.parametrize("kind", sorted(PROVEN))
def test_without_a_secret_nothing_passes(kind: str) -> None:
    assert "no hook_secret is set" in refusal(kind, a_delivery(kind), secret="")


@pytest.mark.parametrize("kind", sorted(PROVEN))
def test_without_any_proof_nothing_passes(kind: str) -> None:
    refusal(kind, Delivery(body=BODY, uri=URI))


@pytest.mark.parametrize("kind", TIMED)
@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)])
def test_a_delivery_of_another_time_is_refused_though_signed(kind: str, late: timedelta) -> None:
    assert "replayed" in refusal(kind, a_delivery(kind), at=AT + late)


@pytest.mark.parametrize("kind", TIMED)
@pytest.mark.parametrize("said", ["", "yesterday", "9" * 30])
def test_a_time_that_is_none_is_refused(kind: str, said: str) -> None:
    assert "is missing or no time" in refusal(kind, a_delivery(kind, **{SCHEMES[kind].timestamp: said}))


def test_hubspot_signs_the_address_by_which_the_outside_knows_us() -> None:
    refusal("hubspot", replace(a_delivery("hubspot"), uri="http://127.0.0.1:8000/v1/inbound/hubspot?portal=1"))


def test_the_vector_of_standard_webhooks_passes_and_its_reference_library_agrees() -> None:
    body, at = '{"test": 2432232314}', datetime.fromtimestamp(1614265330, UTC)
    signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": f"v1,bm90aGluZw== {signature}",  # the older of two secrets, then this one
    }
    assert Webhook(WHSEC).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body) == signature
    verify(SCHEMES["rt"], WHSEC, Delivery(body=body.encode(), headers=headers), at=at)


def test_a_token_may_stand_only_where_the_desk_can_put_it() -> None:
    basic = {"authorization": "Basic " + b64(f"firstline:{SECRET}".encode())}
    verify(SCHEMES["freshdesk"], SECRET, Delivery(body=BODY, headers=basic), at=AT)
    verify(SCHEMES["django_helpdesk"], SECRET, Delivery(body=BODY, query={"token": SECRET}), at=AT)
    verify(SCHEMES["chatwoot"], SECRET, Delivery(body=BODY, query={"token": SECRET}), at=AT)
    refusal("freshdesk", Delivery(body=BODY, query={"token": SECRET}))
    refusal("jira", Delivery(body=BODY, query={"token": SECRET}, headers={"x-firstline-token": SECRET} | basic))


@pytest.mark.parametrize("sent", ["Basic", "Basic ***", "Basic /////w==", "Bearer s3cret", ""])
def test_a_broken_authorization_is_refused_and_breaks_nothing(sent: str) -> None:
    refusal("freshdesk", Delivery(body=BODY, headers={"authorization": sent}))
