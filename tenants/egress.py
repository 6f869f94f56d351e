"""Where this system may connect to on behalf of a tenant. Pure rules: the transport resolves, asks here, and connects
to exactly the address that was checked.

Addresses that a tenant configured may only lead to the public internet over https. What an operator allows besides
(`EGRESS_ALLOW`) is a list of `host:port` and `network:port` entries; such a destination may be private and may be
spoken to without TLS.

`ipaddress.is_global` is not enough: it holds for NAT64 of a metadata address, for multicast, for the old site-local
range, for v4-compatible addresses and for 168.63.129.16. So every address is unwrapped to the one it leads to first,
then checked against the flags and an explicit list.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_NAT64: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_DENIED: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, Alibaba's metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform address
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "100::/64",
    )
)


class EgressError(ValueError):
    """The destination may not be called; the text names the rule, never what was found behind it."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Scheme, host and port of an address, parsed once."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class AllowEntry:
    """One operator exception: a host name or a network, at one port or (port 0) at any."""

    port: int
    host: str = ""
    network: Network | None = None


def parse_allow(entries: Iterable[str]) -> tuple[AllowEntry, ...]:
    """Parse `host:port`, `address:port`, `cidr:port`, `[v6]:port` entries; `*` as port means any."""
    return tuple(_allow_entry(entry.strip()) for entry in entries if entry.strip())


def _allow_entry(text: str) -> AllowEntry:
    host, colon, port_text = text.rpartition(":")
    if not colon or not host or not (port_text == "*" or port_text.isdecimal()):
        raise EgressError(f"EGRESS_ALLOW entry {text!r}: use host:port or network:port")
    port = 0 if port_text == "*" else int(port_text)
    host = host.replace("[", "").replace("]", "").lower()
    try:
        return AllowEntry(port=port, network=ipaddress.ip_network(host, strict=False))
    except ValueError:
        return AllowEntry(port=port, host=host)


def parse_destination(url: str) -> Destination:
    """Parse an address strictly; EgressError on anything a resolver and a URL parser could read differently."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise EgressError("the address is not a URL") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise EgressError("the address must start with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise EgressError("the address must not hold a user, a password or a fragment")
    if not host or not host.isascii() or any(character <= " " or character in "\\%" for character in host):
        raise EgressError("the host name is not usable")
    if ":" not in host and _looks_numeric(host) and not _is_dotted_quad(host):
        raise EgressError("the host must be a name or a plain address")
    return Destination(scheme=parts.scheme, host=host.rstrip(".").lower(), port=port or DEFAULT_PORTS[parts.scheme])


def _looks_numeric(host: str) -> bool:
    """Whether a resolver might read the last label as a number: 2852039166, 0xA9FEA9FE, 127.1, 0251.0376.1.1."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    return last.isdigit() or last.startswith("0x")


def _is_dotted_quad(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def effective(address: Address) -> Address:
    """The address that traffic really reaches: v4-mapped, v4-compatible, 6to4, Teredo and NAT64 unwrapped."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and (any(address in network for network in _NAT64) or _is_compatible(address)):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return inner or address


def _is_compatible(address: ipaddress.IPv6Address) -> bool:
    return address in _COMPATIBLE and int(address) > 1


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet."""
    real = effective(address)
    if not real.is_global or real.is_multicast or real.is_reserved or real.is_unspecified or real.is_loopback:
        return False
    return not any(real in network for network in _DENIED if network.version == real.version)


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """The rules of one process: public https, and what the operator allowed."""

    allow: tuple[AllowEntry, ...] = ()

    def check_destination(self, destination: Destination) -> None:
        """Refuse what needs no resolving to be refused: plain http to a host that no entry may cover."""
        if destination.scheme == "https":
            return
        if not any(self._port_fits(entry, destination.port) for entry in self.allow):
            raise EgressError("the address must start with https://")

    def check_address(self, destination: Destination, address: str) -> None:
        """Refuse an address that `destination` resolved to unless it is public over https or the operator allows it."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError as error:
            raise EgressError("the host does not resolve to an address") from error
        if self._allowed(destination, parsed):
            return
        if destination.scheme != "https":
            raise EgressError("the address must start with https://")
        if not is_public(parsed):
            raise EgressError("the host leads to an address that is not public")

    def _allowed(self, destination: Destination, address: Address) -> bool:
        real = effective(address)
        return any(
            self._port_fits(entry, destination.port)
            and (
                entry.host == destination.host
                if entry.network is None
                else entry.network.version == real.version and real in entry.network
            )
            for entry in self.allow
        )

    @staticmethod
    def _port_fits(entry: AllowEntry, port: int) -> bool:
        return entry.port in (0, port)
