"""Which addresses may be connected to."""

import socket

import pytest

from native4k.fetch import ssrf_guard

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:4860:4860::8888"]
PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "168.63.129.16", "172.16.0.1",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::7f00:1", "64:ff9b::a00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::", "3fff::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]


@pytest.mark.parametrize("text", PUBLIC)
def test_the_public_internet_is_allowed(text: str) -> None:
    assert ssrf_guard.is_allowed(text, allow_loopback=False)


@pytest.mark.parametrize("text", PRIVATE)
def test_what_is_not_public_is_refused_also_where_loopback_is_allowed(text: str) -> None:
    assert not ssrf_guard.is_allowed(text, allow_loopback=False)
    assert not ssrf_guard.is_allowed(text, allow_loopback=True)


@pytest.mark.parametrize("text", LOOPBACK)
def test_loopback_is_refused_unless_it_is_allowed(text: str) -> None:
    assert not ssrf_guard.is_allowed(text, allow_loopback=False)
    assert ssrf_guard.is_allowed(text, allow_loopback=True)


def test_a_socket_is_made_for_allowed_addresses_only() -> None:
    make = ssrf_guard.socket_factory(allow_loopback=False)
    make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 80))).close()
    with pytest.raises(ssrf_guard.RefusedAddress, match=r"10\.0\.0\.1 is not an address of the public internet"):
        make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 80)))
