"""Which addresses are public: each block of the IANA special-purpose registries at its ends and in its middle."""

from __future__ import annotations

import ipaddress

import pytest

from serving.configuration.values import networks
from serving.outbound.address_check import SPECIAL, is_public, vet
from serving.outbound.errors import AddressRefused

REGISTRY = {  # IANA IPv4 and IPv6 Special-Purpose Address Registries, and what is neither in them nor for everybody
    "0.0.0.0/8": "this network",
    "0.0.0.0/32": "this host on this network",
    "10.0.0.0/8": "private use",
    "100.64.0.0/10": "shared address space",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link local, metadata of clouds",
    "172.16.0.0/12": "private use",
    "192.0.0.0/24": "IETF protocol assignments",
    "192.0.0.0/29": "IPv4 service continuity",
    "192.0.0.8/32": "IPv4 dummy address",
    "192.0.0.9/32": "port control protocol anycast",
    "192.0.0.10/32": "TURN anycast",
    "192.0.0.170/31": "NAT64 discovery",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "AS112-v4",
    "192.52.193.0/24": "AMT",
    "192.88.99.0/24": "6to4 relay anycast",
    "192.88.99.2/32": "6a44 relay anycast",
    "192.168.0.0/16": "private use",
    "192.175.48.0/24": "direct delegation AS112",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "255.255.255.255/32": "limited broadcast",
    "::/128": "unspecified",
    "::1/128": "loopback",
    "::/96": "IPv4-compatible",
    "::ffff:0:0/96": "IPv4-mapped",
    "::ffff:0:0:0/96": "IPv4-translated (SIIT)",
    "64:ff9b::/96": "IPv4-IPv6 translation",
    "64:ff9b:1::/48": "IPv4-IPv6 translation",
    "100::/64": "discard only",
    "100:0:0:1::/64": "dummy prefix",
    "2001::/23": "IETF protocol assignments",
    "2001::/32": "Teredo",
    "2001:1::1/128": "port control protocol anycast",
    "2001:1::2/128": "TURN anycast",
    "2001:1::3/128": "DNS-SD service registration anycast",
    "2001:2::/48": "benchmarking",
    "2001:3::/32": "AMT",
    "2001:4:112::/48": "AS112-v6",
    "2001:10::/28": "ORCHID",
    "2001:20::/28": "ORCHIDv2",
    "2001:30::/28": "drone remote id",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "direct delegation AS112",
    "3fff::/20": "documentation",
    "4000::/3": "not assigned",
    "5f00::/16": "segment routing",
    "fc00::/7": "unique local",
    "fe80::/10": "link local",
    "fec0::/10": "site local",
    "ff00::/8": "multicast",
}
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
    *("128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0"),
    *("192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0"),
    *("198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255"),
    *("2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "2606:4700:4700::1111"),
    *("2620:4f:7fff::1", "2620:4f:8001::1", "2a00:1450::1", "3ffe:ffff::1"),
]


@pytest.mark.parametrize("block", REGISTRY)
def test_no_address_of_a_special_block_is_public(block: str) -> None:
    network = ipaddress.ip_network(block)
    for address in (network[0], network[network.num_addresses // 2], network[-1]):
        assert not is_public(address), (block, REGISTRY[block])
        with pytest.raises(AddressRefused):
            vet([str(address)], scheme="https", allowed=())


@pytest.mark.parametrize("address", PUBLIC)
def test_what_lies_beside_a_block_is_public(address: str) -> None:
    assert vet([address], scheme="https", allowed=()) == address


def test_the_registry_is_in_the_module_whole() -> None:
    unlisted = {"4000::/3", "::ffff:0:0:0/96"}  # outside of what is assigned
    for block in set(REGISTRY) - unlisted:
        network = ipaddress.ip_network(block)
        assert any(type(network) is type(each) and network.subnet_of(each) for each in SPECIAL), block  # type: ignore[arg-type]


@pytest.mark.parametrize("wrapped", ["::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "2002:a01:203::1", "::10.1.2.3"])
def test_a_network_that_is_allowed_is_not_allowed_in_a_wrapping(wrapped: str) -> None:
    assert vet(["10.1.2.3"], scheme="http", allowed=networks("10.1.0.0/16")) == "10.1.2.3"
    with pytest.raises(AddressRefused):
        vet([wrapped], scheme="https", allowed=networks("10.1.0.0/16"))


def test_an_address_with_a_zone_is_not_public() -> None:
    assert not is_public(ipaddress.ip_address("2a00:1450::1%eth0"))
