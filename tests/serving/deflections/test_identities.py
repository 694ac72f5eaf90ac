"""Plan and account count from a secret key, or in an identity that a site signed as the examples of the docs do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from serving.cli import cli
from serving.settings import Settings
from serving.tickets.accounts import AccountWatch
from tests.fakes import FrozenClock
from tests.serving.conftest import Client
from tests.serving.deflections.sites import FORUM, SHOP, UNKNOWN, MakeKey, Site, site
from tests.serving.deflections.test_deflections import KNOWN, sessions
from tests.serving.deflections.test_sessions import ticket_of

DOCS = Path(__file__).parents[3] / "docs" / "security.md"
FACTS = {"email": "kim@acme.example", "account": "acme", "plan": "enterprise"}
PEOPLE = [
    {"id": "user-17", **FACTS},
    {"id": "Ünal 💬"},
    {"id": "u", "plan": "premium"},
    {"id": "u", "account": 'a"b\\c'},
]


@pytest.fixture
def shop(knowing: Client, make_key: MakeKey) -> Site:
    return site(knowing, make_key)


def example(language: str) -> str:
    """Return the backend's lines of that language in the docs."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return str(found)


def refusal(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, [error["field"] for error in answer.json().get("errors", [])]


class TestUnproven:
    def test_plan_and_account_are_ignored_and_the_caller_hears_of_it(self, shop: Site, clock: FrozenClock) -> None:
        clock.advance(timedelta(hours=9))  # Monday 19:00: premium has somebody there, and others have not
        session = shop.ask(plan="premium", account="acme")

        assert session["next_human_at"] == "2026-03-03T09:00:00Z"
        (note,) = session["notes"]
        assert note.startswith(
            "`plan` and `account` were ignored: with a publishable key they count only in an `identity`"
        )
        assert [sessions(shop.client)[0][name] for name in ("plan", "account")] == [None, None]

    @pytest.mark.parametrize("said", [{"plan": "platinum"}, {"plan": "free"}, {"account": "acme"}, {"plan": None}, {}])
    def test_even_a_plan_that_does_not_exist_stops_no_question(self, shop: Site, said: dict[str, Any]) -> None:
        assert [note.split("`")[1] for note in shop.ask(**said)["notes"]] == [name for name in said if said[name]]

    def test_a_ticket_has_neither_an_enterprise_clock_nor_an_account(self, shop: Site) -> None:
        session = shop.ask(plan="enterprise", account="acme")
        assert shop.hand_off(session, plan="enterprise", account="acme").status_code == 201

        ticket = ticket_of(shop.client, session)
        assert (ticket["plan"], ticket["account"], ticket["arr"], ticket["health"]) == (None, None, None, None)
        nobody = shop.ask()
        shop.hand_off(nobody)
        plain = ticket_of(shop.client, nobody)
        assert [ticket[each] for each in ("sla", "team", "tier")] == [plain[each] for each in ("sla", "team", "tier")]

    @pytest.mark.parametrize("field", ["arr", "health", "plan_name"])
    def test_revenue_and_health_cannot_even_be_said(self, shop: Site, field: str) -> None:
        session = shop.ask()
        assert refusal(shop.post("/v1/deflections", {"question": KNOWN, field: 9e9})) == (400, [field])
        assert refusal(shop.hand_off(session, **{field: 9e9})) == (400, [field])

    @pytest.mark.parametrize(("signed", "alerts"), [(False, 0), (True, 1)])
    def test_urgent_tickets_alert_the_csm_of_a_proven_account_only(
        self, shop: Site, *, signed: bool, alerts: int
    ) -> None:
        facts = {"account": "acme", "plan": "enterprise"}
        for _ in range(2):  # both P1, by the model
            said = {"identity": shop.signed(**facts)} if signed else facts
            assert shop.hand_off(shop.ask(**said), **facts).status_code == 201
        context = shop.client.app.state.context
        AccountWatch(context).alert(context.clock.now())
        assert len(shop.client.get("/v1/sla/alerts").json()["alerts"]) == alerts


class TestSigned:
    def test_plan_and_account_count(self, shop: Site, clock: FrozenClock) -> None:
        clock.advance(timedelta(hours=9))
        session = shop.ask(identity=shop.signed(**FACTS | {"plan": "premium"}))
        assert (session["next_human_at"], session["notes"]) == ("2026-03-02T19:00:00Z", [])

        answer = shop.post(f"/v1/deflections/{session['id']}/ticket", {}, session["client_secret"])
        assert answer.status_code == 201, answer.text  # the signed address needs no typing
        ticket = ticket_of(shop.client, session)
        assert (ticket["plan"], ticket["account"], ticket["email"]) == ("premium", "acme", "kim@acme.example")

    def test_a_typed_address_goes_before_the_signed_one_and_one_of_them_is_needed(self, shop: Site) -> None:
        session = shop.ask(identity=shop.signed(**FACTS))
        shop.hand_off(session, email="kim@home.example")
        assert ticket_of(shop.client, session)["email"] == "kim@home.example"
        nobody = shop.ask()
        answer = shop.post(f"/v1/deflections/{nobody['id']}/ticket", {}, nobody["client_secret"])
        assert refusal(answer) == (400, ["email"])

    @pytest.mark.parametrize(
        "change",
        [
            {"plan": "premium"},
            {"account": "globex"},
            {"email": "eve@example.com"},
            {"id": "user-1"},
            {"plan": None},
            {"hmac": "0" * 64},
            {"email": None, "account": "kim@acme.example"},
            {"expires_at": "2099-01-01T00:00:00Z"},
        ],
    )
    def test_any_change_is_refused(self, shop: Site, change: dict[str, Any]) -> None:
        identity = shop.signed(**FACTS) | change
        answer = shop.post("/v1/deflections", {"question": UNKNOWN, "identity": identity})
        assert refusal(answer) == (400, ["identity.hmac"])
        assert sessions(shop.client) == []

    def test_the_secret_of_another_key_signs_nothing(self, shop: Site, knowing: Client, make_key: MakeKey) -> None:
        for other in (site(knowing, make_key), site(knowing, make_key, FORUM)):
            answer = shop.post("/v1/deflections", {"question": UNKNOWN, "identity": other.signed(**FACTS)})
            assert refusal(answer) == (400, ["identity.hmac"])

    def test_no_line_can_be_smuggled_in(self, shop: Site) -> None:
        honest = shop.signed("u", account="a", plan="free")
        forged = {"id": "u\n", "email": None, "account": "a", "plan": "free", "hmac": honest["hmac"]}
        for identity in (forged, shop.signed("u\n"), shop.signed("u", account="a\nb"), shop.signed("u", plan="a\0")):
            assert refusal(shop.post("/v1/deflections", {"question": UNKNOWN, "identity": identity}))[0] == 400

    @pytest.mark.parametrize(
        ("expires_at", "expected"),
        [
            ("2026-03-02T10:00:01Z", (201, [])),
            ("2026-03-02T11:00:01+01:00", (201, [])),
            ("2026-03-02T10:00:00Z", (400, ["identity.expires_at"])),
            ("2026-03-02T10:00:01", (400, ["identity.expires_at"])),
            ("soon", (400, ["identity.expires_at"])),
            ("", (400, ["identity.expires_at"])),
        ],
    )
    def test_it_may_expire(self, shop: Site, expires_at: str, expected: tuple[int, list[str]]) -> None:
        identity = shop.signed(expires_at=expires_at, **FACTS)
        assert refusal(shop.post("/v1/deflections", {"question": UNKNOWN, "identity": identity})) == expected

    def test_a_secret_key_says_plan_and_account_itself(self, shop: Site) -> None:
        body = {"question": UNKNOWN, "identity": shop.signed(**FACTS)}
        assert refusal(shop.client.post("/v1/deflections", json=body)) == (400, ["identity"])
        answer = shop.client.post(
            "/v1/deflections", json={"question": UNKNOWN, "plan": "enterprise", "account": "acme"}
        )
        assert answer.json()["notes"] == []
        assert [sessions(shop.client)[0][name] for name in ("plan", "account")] == ["enterprise", "acme"]


class TestTheExamplesOfTheDocs:
    @pytest.mark.parametrize("person", PEOPLE, ids=str)
    def test_in_python_signs(self, shop: Site, person: dict[str, str]) -> None:
        written: dict[str, Any] = {}
        exec(example("python"), written)
        assert len(example("python").strip().splitlines()) <= 10
        shop.ask(identity=written["signed_identity"](shop.identity_secret, **person))

    @pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js on this machine: apt-get install nodejs")
    @pytest.mark.parametrize("person", PEOPLE, ids=str)
    def test_in_javascript_signs(self, shop: Site, person: dict[str, str], tmp_path: Path) -> None:
        program = tmp_path / "sign.mjs"
        call = f"signedIdentity({json.dumps(shop.identity_secret)}, {json.dumps(person)})"
        program.write_text(f"{example('js')}\nconsole.log(JSON.stringify({call}));\n")
        printed = subprocess.run(["node", str(program)], capture_output=True, check=True, text=True, timeout=60)
        shop.ask(identity=json.loads(printed.stdout))

    def test_the_command_shows_the_secret_that_verifies(self, knowing: Client, settings: Settings) -> None:
        words = ["keys", "create", "--scope", "widget", "--origin", SHOP, "--home", str(settings.home)]
        address = {"FIRSTLINE_DATABASE_URL": settings.database_url} if settings.database_url else {}
        made = CliRunner().invoke(cli, words, env=address, catch_exceptions=False)
        shop = Site(knowing, {"Authorization": f"Bearer {made.stdout.strip()}"})
        assert re.findall(r"is_[0-9a-f]{64}", made.stderr) == [shop.identity_secret]
        shop.ask(identity=shop.signed(**FACTS))
