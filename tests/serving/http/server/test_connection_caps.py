"""Which connection a new one takes the place of."""

from __future__ import annotations

import ipaddress
import resource
from dataclasses import dataclass, field

import pytest

from serving.http.server.connection_caps import Admission, ConnectionCaps, within_open_files

PROBES_ALONE = 16  # connections beyond a cap


@dataclass(eq=False)
class FakeConnection:
    address: str = "192.0.2.1"
    closed: bool = field(default=False)

    def give_way(self) -> None:
        self.closed = True


def caps(most: int = 3, per_address: int = 2) -> ConnectionCaps:
    return ConnectionCaps(most, per_address, [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")])


def admitted(caps: ConnectionCaps, *addresses: str) -> list[FakeConnection]:
    connections = [FakeConnection(each) for each in addresses]
    for each in connections:
        assert caps.admit(each) is Admission.REQUESTS
    return connections


def test_the_oldest_that_waits_gives_way_to_one_of_the_same_address() -> None:
    at = caps()
    others, first, second = admitted(at, "192.0.2.9", "192.0.2.1", "192.0.2.1")
    admitted(at, "192.0.2.1")
    assert [others.closed, first.closed, second.closed] == [False, True, False]


def test_the_oldest_that_waits_gives_way_when_all_places_are_taken() -> None:
    at = caps()
    first, second, third = admitted(at, "192.0.2.1", "192.0.2.2", "192.0.2.3")
    at.works(first)
    admitted(at, "192.0.2.4")
    assert [first.closed, second.closed, third.closed] == [False, True, False]


def test_one_that_waits_again_is_the_newest() -> None:
    at = caps()
    first, second, _ = admitted(at, "192.0.2.1", "192.0.2.2", "192.0.2.3")
    at.works(first)
    at.waits(first)
    admitted(at, "192.0.2.4")
    assert [first.closed, second.closed] == [False, True]


@pytest.mark.parametrize("addresses", [["192.0.2.1"] * 40, [f"192.0.2.{n}" for n in range(40)]])
def test_when_all_are_at_work_a_few_more_are_for_probes_and_the_rest_is_refused(addresses: list[str]) -> None:
    at = caps(most=30, per_address=10)
    said = []
    for address in addresses:
        connection = FakeConnection(address)
        said.append(at.admit(connection))
        at.works(connection)
    free = 10 if addresses[0] == addresses[1] else 30
    expected = [Admission.REQUESTS] * free + [Admission.PROBES] * PROBES_ALONE + [Admission.NOTHING] * 40
    assert said == expected[:40]


def test_a_closed_connection_frees_its_place_once() -> None:
    at = caps(most=2)
    first, second = admitted(at, "192.0.2.1", "192.0.2.1")
    at.works(second)
    at.leaves(first)
    at.leaves(first)
    admitted(at, "192.0.2.1")
    assert not second.closed
    at.waits(first)  # its last request ended after it was closed
    third = FakeConnection()
    at.admit(third)
    assert not first.closed


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("10.1.2.3", ""),
        ("::ffff:10.1.2.3", ""),
        ("fd00::1", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_addresses_are_counted_by_site_and_trusted_proxies_are_not(peer: str | None, counted: str) -> None:
    assert caps().address_of(peer) == counted


def test_a_trusted_proxy_takes_every_place_but_not_more() -> None:
    at = caps(most=5)
    for each in admitted(at, *[""] * 5):
        at.works(each)
    assert at.admit(FakeConnection("")) is Admission.PROBES


def test_the_cap_leaves_open_files_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = [1_024, 2_048]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limit))
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limit.__setitem__(slice(None), list(new)))
    assert within_open_files(500) == 500
    assert within_open_files(1_000) == 1_000
    assert limit == [1_272, 2_048]
    assert within_open_files(5_000) == 2_048 - 272
