from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.errors import SettingNotKnown, SettingNotValid
from serving.policy.errors import PoliciesMissing
from serving.policy.policies import load
from serving.settings import Settings, one_thread_for_each_product

ROOT = Path(__file__).parents[2]


def test_without_anything_set_the_service_is_for_this_machine_alone() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.home, settings.demo) == ("127.0.0.1", 8000, Path("var"), False)


def test_the_environment_is_read_by_type() -> None:
    environ = {"FIRSTLINE_PORT": "9000", "FIRSTLINE_HOME": "/srv/desk", "FIRSTLINE_DEMO": "false", "PATH": "/bin"}
    settings = Settings.from_environment(environ)
    assert (settings.port, settings.home, settings.demo) == (9000, Path("/srv/desk"), False)
    assert settings.database_path == Path("/srv/desk/firstline.db")


@pytest.mark.parametrize(("said", "meant"), [("TRUE", True), ("1", True), ("Yes", True), ("0", False), ("no", False)])
def test_true_and_false_are_read_in_the_usual_words(said: str, meant: bool) -> None:
    environ = {"FIRSTLINE_WORKER": said, "FIRSTLINE_DEMO": said, "FIRSTLINE_WRITER_MODEL": "no"}
    settings = Settings.from_environment(environ)
    assert (settings.worker, settings.demo, settings.writer_model) == (meant, meant, "no")


def test_a_folder_or_file_that_is_set_to_nothing_is_not_set() -> None:
    settings = Settings.from_environment({"FIRSTLINE_POLICIES": "", "FIRSTLINE_HELPDESKS": ""})
    assert (settings.policies, settings.helpdesks) == (None, None)


def test_what_the_command_line_chose_goes_before_the_environment() -> None:
    assert Settings.from_environment({"FIRSTLINE_PORT": "9000"}, port=9001, host=None).port == 9001


def test_a_mistyped_name_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(SettingNotKnown, match=r"Unknown settings: FIRSTLINE_PROT. Known are: .*FIRSTLINE_PORT"):
        Settings.from_environment({"FIRSTLINE_PROT": "9000"})


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "eighty"), ("PORT", "-1"), ("DEMO", "perhaps"), ("READERS", "1.5"), ("READERS", "")]
)
def test_a_value_of_another_type_is_refused_by_name(name: str, value: str) -> None:
    expected = "true or false" if name == "DEMO" else "a whole number"
    with pytest.raises(SettingNotValid, match=f"FIRSTLINE_{name}='{value}' cannot be used: give {expected}"):
        Settings.from_environment({f"FIRSTLINE_{name}": value})


@pytest.mark.parametrize(("name", "value", "most"), [("PORT", "99999", 65535), ("WORKERS", "1000", 64)])
def test_a_number_that_is_too_large_is_refused(name: str, value: str, most: int) -> None:
    """The system takes a port modulo 65536, and so many workers would fill the machine."""
    with pytest.raises(SettingNotValid, match=f"give a whole number from 0 to {most}"):
        Settings.from_environment({f"FIRSTLINE_{name}": value})


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "localhost"])
def test_the_demo_is_not_shown_unless_asked_for(host: str) -> None:
    """Not on this machine's address either: a proxy in front of it may show it to the world."""
    assert not Settings(host=host).demo
    assert Settings.from_environment({"FIRSTLINE_DEMO": "1"}, host=host).demo


def test_the_demo_answers_to_this_machine_and_to_the_services_own_address() -> None:
    settings = Settings(host="10.0.0.5", public_url="https://Help.Example:8443/x")
    assert settings.demo_hosts == {"127.0.0.1", "::1", "localhost", "10.0.0.5", "help.example"}


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("10.0.0.5", "10.0.0.5")])
def test_the_address_is_one_that_a_browser_opens(host: str, shown: str) -> None:
    assert Settings(host=host).url == f"http://{shown}:8000"


def test_a_folder_of_policies_may_hold_only_what_differs(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.toml").write_text('[category]\ncrash = "It crashed"\n')
    policies = load(tmp_path)
    assert policies.taxonomy.labels("category") == ("crash",)
    assert policies.sla.version == load(None).sla.version


def test_a_folder_without_any_policy_is_not_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(PoliciesMissing, match=r"has none of sla.toml, routing.toml, taxonomy.toml"):
        load(tmp_path)


def test_matrix_products_take_no_threads_from_requests_unless_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    one_thread_for_each_product()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    one_thread_for_each_product()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "8"


def test_the_commands_that_serve_say_so_before_numpy_is_there() -> None:
    probe = "import serving.cli, sys; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_requests_that_wait_for_the_writer_have_more_threads() -> None:
    writer = "http://127.0.0.1:9"
    assert Settings().requests_at_once < Settings(writer_url=writer).requests_at_once
    assert Settings(request_threads=3, writer_url=writer).requests_at_once == 3


@pytest.mark.parametrize(("processors", "threads"), [(1, 2), (2, 3), (64, 6), (None, 2)])
def test_there_are_few_more_threads_than_processors(
    processors: int | None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    assert Settings().requests_at_once == threads


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("BODY_SECONDS", "0", "a number above 0"),
        ("BODY_SECONDS", "soon", "a number above 0"),
        ("MAX_CONNECTIONS", "0", "a whole number above 0"),
    ],
)
def test_a_limit_that_would_refuse_everything_is_refused(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingNotValid, match=f"FIRSTLINE_{name}='{value}' cannot be used: give {expected}"):
        Settings.from_environment({f"FIRSTLINE_{name}": value})
