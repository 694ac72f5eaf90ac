"""What a brand takes over of its deployment's settings, and what it must not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from serving.configuration import brand_folders
from serving.errors import BrandNotUsable, SettingNotKnown, SettingNotValid
from serving.peers.crew import SECRET, Crew
from serving.settings import Settings


def test_a_brand_has_the_deployments_settings_but_not_what_it_could_see_others_by(
    add_brand: Callable[..., Path], home: Path
) -> None:
    folder = add_brand("acme")
    deployment = Settings(home=home, policies=Path("p"), helpdesks=Path("h.toml"), holdout=0.1, public_url="https://d/")
    settings = deployment.of_brand(brand_folders.read(home, "acme"))
    assert (settings.home, settings.brand, settings.holdout) == (folder, "acme", 0.1)
    assert (settings.policies, settings.helpdesks) == (None, None)
    assert settings.public_url == "https://d/brands/acme"


def test_a_brand_may_say_its_own(add_brand: Callable[..., Path], home: Path) -> None:
    folder = add_brand("acme", "Help.Acme.example.", 'policies = "policies"\nholdout = 0.2\ndemo = true\nreaders = 2')
    brand = brand_folders.read(home, "acme")
    settings = Settings(home=home).of_brand(brand)
    assert (settings.policies, settings.holdout, settings.demo) == (folder / "policies", 0.2, True)
    assert (brand.hosts, settings.public_url) == (("help.acme.example",), "https://help.acme.example")
    assert "help.acme.example" in settings.demo_hosts


@pytest.mark.parametrize("name", ["port", "home", "trusted_proxies", "max_connections", "nonsense"])
def test_what_there_is_once_for_the_process_cannot_be_a_brands(
    name: str, add_brand: Callable[..., Path], home: Path
) -> None:
    add_brand("acme", settings=f"{name} = 1")
    with pytest.raises(SettingNotKnown, match=f"brand.toml: {name}"):
        Settings(home=home).of_brand(brand_folders.read(home, "acme"))


def test_a_value_of_another_type_is_refused(add_brand: Callable[..., Path], home: Path) -> None:
    add_brand("acme", settings='holdout = "most"')
    with pytest.raises(SettingNotValid, match="holdout='most'"):
        Settings(home=home).of_brand(brand_folders.read(home, "acme"))


@pytest.mark.parametrize("name", ["..", "a/b", "Acme", "", "-a", "a" * 64, "acme\n"])
def test_a_name_is_no_path(name: str, home: Path) -> None:
    with pytest.raises(BrandNotUsable, match="a name has 1 to 63 small letters"):
        brand_folders.home_of(home, name)


@pytest.mark.parametrize("text", ["hosts = 1", "unknown = 1", "[settings", 'hosts = ["https://x"]', 'hosts = ["a:80"]'])
def test_a_file_that_cannot_be_read_says_where_it_lies(text: str, add_brand: Callable[..., Path], home: Path) -> None:
    (add_brand("acme") / brand_folders.FILE).write_text(text)
    with pytest.raises(BrandNotUsable, match=r"'acme' cannot be used: "):
        brand_folders.read(home, "acme")


def test_a_brand_that_is_not_there_is_refused_with_those_that_are(add_brand: Callable[..., Path], home: Path) -> None:
    add_brand("acme")
    with pytest.raises(BrandNotUsable, match=r"firstline brands add globex`. There are: acme"):
        Settings.from_environment({"FIRSTLINE_HOME": str(home), "FIRSTLINE_BRAND": "globex"})


def test_workers_of_each_brand_have_a_secret_of_their_own(tmp_path: Path) -> None:
    """The demo's key is drawn from it: with one secret it would be the same key in every brand."""
    (tmp_path / SECRET).write_bytes(b"of the whole")
    crew = Crew(tmp_path, 2, joins=False)
    acme, globex = crew.of_brand("acme"), crew.of_brand("globex")
    assert len({crew.secret, acme.secret, globex.secret}) == 3
    assert acme.secret == Crew(tmp_path, 2, joins=True).of_brand("acme").secret
