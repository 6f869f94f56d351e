"""aiohttp sessions for the provider process that connect only where the egress rules allow."""

import aiohttp

from routing.adapters.guarded_resolver import GuardedResolver
from routing.ports import UpstreamForbidden
from tenants.egress import EgressError, EgressPolicy, parse_destination

KEEP_ALIVE_SECONDS = 15
CONNECT_SECONDS = 5.0


class GuardedSessions:
    """One session per scheme, opened at its first use, which must happen in the serving event loop."""

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    def session_for(self, url: str) -> aiohttp.ClientSession:
        """The session that may call this address; UpstreamForbidden when none may."""
        try:
            destination = parse_destination(url)
            self._policy.check_destination(destination)
            if ":" in destination.host or destination.host.rpartition(".")[2].isdigit():
                self._policy.check_address(destination, destination.host)
        except EgressError as error:
            raise UpstreamForbidden(str(error)) from error
        if destination.scheme not in self._sessions:
            self._sessions[destination.scheme] = self._open(destination.scheme)
        return self._sessions[destination.scheme]

    def _open(self, scheme: str) -> aiohttp.ClientSession:
        resolver = GuardedResolver(self._policy, scheme=scheme)
        connector = aiohttp.TCPConnector(
            limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, ttl_dns_cache=10, resolver=resolver
        )
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS)
        return aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
