"""The SSRF guard: each socket connects only to addresses of the public internet."""

import asyncio
import errno
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

MAPPED, NAT64 = ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96")
"""IPv4 written as IPv6, and reached through NAT64."""

UNICAST = ip_network("2000::/3")
"""All of IPv6 that is assigned for unicast."""

SPECIAL_NETWORKS = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2001::/23", "2002::/16", "3fff::/20"))
)
"""Public by their numbers only: protocol assignments, relays of 6to4, a cloud's metadata, tunnels, documentation."""


class RefusedAddress(OSError):  # noqa: N818
    """A connection to an address that is not public."""


def canonical_address(text: str) -> IPv4Address | IPv6Address:
    """The address, without zone, and as IPv4 if it is one in disguise."""
    address = ip_address(text.partition("%")[0])
    if address in MAPPED or address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_allowed(text: str, allow_loopback: bool) -> bool:
    """Whether a connection to the address may be made."""
    address = canonical_address(text)
    if address.is_loopback:
        return allow_loopback
    unicast = address.version == 4 or address in UNICAST  # noqa: PLR2004
    return (
        unicast
        and address.is_global
        and not address.is_multicast
        and not any(address in net for net in SPECIAL_NETWORKS)
    )


def socket_factory(allow_loopback: bool) -> Callable[[Any], socket.socket]:
    """Return a maker of sockets that checks each address, after every name look-up and redirect."""

    def make(target: Any) -> socket.socket:
        family, kind, protocol, _, place = target
        if not is_allowed(place[0], allow_loopback):
            raise RefusedAddress(errno.EACCES, f"{place[0]} is not an address of the public internet")
        return socket.socket(family, kind, protocol)

    return make


class Resolver(AbstractResolver):
    """Name look-ups, each in a thread that nobody waits for at the end."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look up all addresses of a host."""
        addresses: Future[list[Any]] = Future()
        addresses.set_running_or_notify_cancel()
        threading.Thread(target=_look_up, args=(addresses, host, port, family), daemon=True).start()
        return [
            ResolveResult(hostname=host, host=place[0], port=port, family=kind, proto=protocol, flags=0)
            for kind, _, protocol, _, place in await asyncio.wrap_future(addresses)
        ]

    async def close(self) -> None:
        """Close nothing: there are no open resources."""


def _look_up(addresses: "Future[list[Any]]", host: str, port: int, family: socket.AddressFamily) -> None:
    try:
        addresses.set_result(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        addresses.set_exception(error)
