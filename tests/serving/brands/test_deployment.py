"""How a request finds its brand, and that it finds no other."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from serving.brands import running
from serving.configuration import brand_folders
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.keys.survey_links import SurveyLinks
from tests.fakes import FrozenClock
from tests.serving.brands.conftest import BRANDS, Deployed
from tests.waiting import PATIENCE, wait_until

GLOBEX = {"Host": "help.globex.test"}


def subjects(deployed: Deployed, brand: str, path: str = "/v1/tickets", **given: object) -> list[str]:
    answer = deployed.ask("GET", path, brand, **given)
    assert answer.status_code == 200, answer.text
    return [each["subject"] for each in answer.json()["tickets"]]


def test_a_key_shows_the_tickets_of_its_brand_alone(deployed: Deployed) -> None:
    for brand in ("acme", "globex", ""):
        deployed.open_ticket(brand, f"of {brand}")
    assert {brand: subjects(deployed, brand) for brand in ("acme", "globex", "")} == {
        "acme": ["of acme"],
        "globex": ["of globex"],
        "": ["of "],
    }


def test_a_brand_is_found_by_its_path_and_by_its_host(deployed: Deployed) -> None:
    deployed.open_ticket("globex", "of globex")
    assert subjects(deployed, "globex", "/brands/globex/v1/tickets") == ["of globex"]
    assert subjects(deployed, "globex", headers=GLOBEX) == ["of globex"]
    assert subjects(deployed, "globex", headers={"Host": "Help.Globex.Test:8443"}) == ["of globex"]


@pytest.mark.parametrize(
    ("brand", "path", "headers"),
    [("acme", "/brands/globex/v1/tickets", {}), ("acme", "/v1/tickets", GLOBEX), ("", "/brands/acme/v1/tickets", {})],
)
def test_a_key_of_another_brand_than_the_address_is_refused_in_words(
    deployed: Deployed, brand: str, path: str, headers: dict[str, str]
) -> None:
    answer = deployed.ask("GET", path, brand, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "This key belongs to another brand than the address.",
    )


@pytest.mark.parametrize("headers", [{}, GLOBEX])
def test_there_is_nothing_at_a_brand_that_is_not_served_here(deployed: Deployed, headers: dict[str, str]) -> None:
    name = "acme" if headers else "nobody"  # on the host of a brand there are no others
    answer = deployed.client.get(f"/brands/{name}/readyz", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no such brand at this address.")


def test_a_key_that_two_homes_have_needs_an_address(deployed: Deployed, home: Path) -> None:
    """As after a backup of one brand was restored as another."""
    folders = [brand_folders.home_of(home, name) for name in ("acme", "globex")]
    shutil.copy(folders[0] / "keys.db", folders[1] / "keys.db")
    assert deployed.ask("GET", "/v1/tickets", "acme").status_code == 409
    assert deployed.ask("GET", "/brands/globex/v1/tickets", "acme").status_code == 200


def test_a_brands_agent_signs_in_where_everybody_does_and_sees_the_brand(deployed: Deployed) -> None:
    ticket = deployed.open_ticket("acme", "Lamp of acme is dark")["id"]
    cookie = deployed.sign_in("acme")
    assert cookie.startswith("firstline_console=acme.")
    page = deployed.client.get("/queue", headers={"Cookie": cookie}).text
    assert "Lamp of acme is dark" in page
    assert '<span class="muted">acme</span>' in page
    by_link = deployed.client.get(f"/brands/acme/queue/{ticket}", headers={"Cookie": cookie})
    assert "Lamp of acme is dark" in by_link.text


@pytest.mark.parametrize("made_up", ["globex", "", "nobody"])
def test_another_name_before_a_session_opens_nothing(deployed: Deployed, made_up: str) -> None:
    name, _, token = deployed.sign_in("acme").partition("=acme.")
    cookie = f"{name}={made_up}.{token}" if made_up else f"{name}={token}"
    answer = deployed.client.get("/queue", headers={"Cookie": cookie}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/queue")


def test_a_key_does_not_sign_in_at_the_address_of_another_brand(deployed: Deployed) -> None:
    sent = {"data": {"key": deployed.keys["acme"]}, "headers": GLOBEX | {"Sec-Fetch-Site": "same-origin"}}
    assert deployed.client.post("/sign-in", **sent).status_code == 401


def test_a_browser_hears_of_the_origins_of_every_brand(deployed: Deployed, home: Path, clock: FrozenClock) -> None:
    keys = KeyStore(KeyFile(brand_folders.home_of(home, "acme") / "keys.db"))
    key = keys.create(Scope.WIDGET, at=clock.now(), origins=("https://acme.example",))
    page = {"Origin": "https://acme.example"}
    asked = page | {"Access-Control-Request-Method": "POST"}
    preflight = deployed.client.options("/v1/deflections", headers=asked)
    assert preflight.headers["access-control-allow-origin"] == "https://acme.example"
    shown = page | {"Authorization": f"Bearer {key}"}
    question = deployed.client.post("/v1/deflections", headers=shown, json={"question": "reset password"})
    assert (question.status_code, question.headers["access-control-allow-origin"]) == (201, "https://acme.example")


def test_tickets_of_a_brand_have_it_unless_they_say_another(deployed: Deployed) -> None:
    assert deployed.open_ticket("acme", "Lamp")["brand"] == "acme"
    assert deployed.open_ticket("acme", "Lamp", brand="acme-kids")["brand"] == "acme-kids"
    assert deployed.open_ticket("", "Lamp")["brand"] is None


def test_metrics_have_the_brand_as_a_label(deployed: Deployed) -> None:
    deployed.open_ticket("acme", "Lamp")
    everything, its_own = (deployed.client.get(f"{at}/metrics").text for at in ("", "/brands/acme"))
    assert 'firstline_tickets_opened_total{brand="acme",channel="api"} 1.0' in everything
    assert 'firstline_tickets_opened_total{channel="api"} 1.0' in its_own
    assert everything.count("# TYPE firstline_requests_total") == 1


def test_a_brand_that_cannot_start_keeps_no_other_from_serving(
    deploy: Callable[[], Deployed], add_brand: Callable[..., Path]
) -> None:
    add_brand("initech", settings='policies = "nowhere"')
    deployed = deploy()
    note = deployed.client.get("/readyz").json()["notes"]["brand initech"]
    assert "nowhere has none of sla.toml" in note
    assert deployed.client.get("/brands/initech/v1/tickets").status_code == 503
    assert {name: deployed.client.get(f"/brands/{name}/healthz").status_code for name in BRANDS} == {
        "acme": 200,
        "globex": 200,
    }


def test_while_brands_start_the_own_desk_serves_and_nobody_else_answers_for_them(
    deploy: Callable[..., Deployed], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_start, create_app = threading.Event(), running.create_app

    def slow(*given: Any, **more: Any) -> Any:
        assert may_start.wait(PATIENCE)
        return create_app(*given, **more)

    monkeypatch.setattr(running, "create_app", slow)
    deployed = deploy(waits=False)
    try:
        assert deployed.ask("GET", "/v1/tickets", "").status_code == 200
        ready = deployed.client.get("/readyz")
        assert (ready.status_code, ready.json()["missing"]["brands"]) == (503, "2 of 2 brands have not started yet.")
        asked = [("/brands/globex/v1/tickets", {}), ("/v1/tickets", GLOBEX), ("/v1/tickets", {})]
        answers = [deployed.ask("GET", path, "globex", headers=headers) for path, headers in asked]
        assert [(each.status_code, each.headers["retry-after"]) for each in answers] == [(503, "1")] * 3
    finally:
        may_start.set()
    wait_until(lambda: "brands" not in deployed.client.get("/readyz").json()["missing"])
    assert deployed.ask("GET", "/v1/tickets", "globex").status_code == 200


def test_a_brand_reads_its_policies_again_when_its_file_is_touched(deployed: Deployed, home: Path) -> None:
    folder = brand_folders.home_of(home, "acme")
    (folder / "policies").mkdir()
    (folder / "brand.toml").write_text('[settings]\npolicies = "policies"')
    rule = 'teams = ["{0}"]\n[[rules]]\nteam = "{0}"\ntier = "T1"\nbecause = "it is the only one"\n'

    def team() -> str:
        answer = deployed.ask("POST", "/v1/tags", "acme", json={"subject": "A question"})
        return answer.json()["team"] if answer.status_code == 200 else ""

    for name in ("lamps", "wires"):
        (folder / "policies" / "routing.toml").write_text(rule.format(name))
        os.utime(folder / "brand.toml")
        wait_until(lambda name=name: team() == name)


def test_addresses_and_keys_of_a_brand_that_cannot_start_are_not_the_deployments_own(
    deploy: Callable[[], Deployed], add_brand: Callable[..., Path]
) -> None:
    add_brand("initech", "help.initech.test", settings='policies = "nowhere"')
    deployed = deploy()
    at_host = deployed.client.get("/demo", headers={"Host": "help.initech.test"})
    by_key = deployed.client.get("/v1/tickets", headers={"Authorization": "Bearer sk_000000000000_of-initech"})
    assert [(each.status_code, each.json()["type"].rpartition(":")[2]) for each in (at_host, by_key)] == [
        (503, "brand-not-ready")
    ] * 2
    assert deployed.ask("GET", "/v1/tickets", "acme").status_code == 200


def test_a_brand_does_not_start_under_the_host_of_another(
    deploy: Callable[[], Deployed], add_brand: Callable[..., Path]
) -> None:
    add_brand("umbrella", "help.globex.test")
    served = deploy().app.brands
    assert len(served.refused) == 1
    assert served.refused["umbrella"].why.endswith("help.globex.test is a host of globex.")


def test_the_host_of_a_brand_that_cannot_start_is_not_the_deployments_own(
    deploy: Callable[[], Deployed], add_brand: Callable[..., Path]
) -> None:
    add_brand("initech", "initech.test", settings='policies = "nowhere"')
    deployed = deploy()
    for path in ("/v1/tickets", "/sign-in", "/brands/initech/v1/tickets"):
        assert deployed.ask("GET", path, "", headers={"Host": "initech.test"}).status_code == 503
    assert deployed.ask("GET", "/brands/acme/v1/tickets", "acme", headers={"Host": "initech.test"}).status_code == 404


def test_a_link_to_the_folder_of_a_brand_is_no_brand(deploy: Callable[[], Deployed], home: Path) -> None:
    (home / "brands" / "twin").symlink_to("acme")
    deployed = deploy()
    assert deployed.app.brands.refused["twin"].why.endswith("its folder is that of acme.")
    assert subjects(deployed, "acme") == []


def test_the_deployments_own_folder_is_no_brand(deploy: Callable[[], Deployed], home: Path) -> None:
    (home / "brand.toml").write_text("")
    (home / "brands" / "self").symlink_to("..")
    assert deploy().app.brands.refused["self"].why.endswith("its folder is the home of the deployment.")


def test_a_folder_whose_name_cannot_be_printed_keeps_nobody_from_being_ready(
    deploy: Callable[[], Deployed], home: Path
) -> None:
    folder = home / "brands" / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "brand.toml").write_text("")
    assert deploy().client.get("/readyz").status_code in {200, 503}


def test_the_link_of_a_survey_leads_to_the_brand(deployed: Deployed) -> None:
    ticket = deployed.open_ticket("acme", "Lamp")["id"]
    resolved = deployed.ask("POST", f"/v1/tickets/{ticket}/transitions", "acme", json={"to": "resolved"})
    assert resolved.status_code == 201, resolved.text
    context = deployed.app.brands.serving["acme"].context
    links = SurveyLinks.of(context.settings, context.secret)
    assert links is not None
    path = urlsplit(links.url(ticket, resolved.json()["version"])).path
    assert path.startswith("/brands/acme/survey/")
    assert deployed.client.get(path).status_code == 200
    assert deployed.client.get(path.removeprefix("/brands/acme")).status_code == 404
