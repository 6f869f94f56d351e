"""The rules for addresses that a tenant configures, bound once by `config.wiring` with what the operator allows.

Saving an address checks what needs no resolving; the transport checks the resolved address again on every call.
"""

import ipaddress

from tenants.egress import EgressError, EgressPolicy, parse_destination

_bound: list[EgressPolicy] = [EgressPolicy()]


def bind_egress(policy: EgressPolicy) -> None:
    """Set the rules of this process; a second call replaces them."""
    _bound[:] = [policy]


def check_address(url: str) -> None:
    """Raise EgressError unless calls may go to `url`, as far as its text tells."""
    destination = parse_destination(url)
    policy = _bound[0]
    policy.check_destination(destination)
    if _is_ip(destination.host):
        policy.check_address(destination, destination.host)
    elif destination.host == "localhost" or destination.host.endswith(".localhost"):
        policy.check_address(destination, "127.0.0.1")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


__all__ = ["EgressError", "bind_egress", "check_address"]
