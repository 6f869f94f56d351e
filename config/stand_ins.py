"""Stand-ins for public hosts in conformance tests: calls to a named host go to a loopback server, everything else to
the guarded transport as ever. The settings give no names unless ENGINE_TEST_PORT is set, and refuse it in production.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from connectors.contract import HttpRequest, HttpResponse
from connectors.ports import CallTime, Transport
from connectors.transport import GuardedTransport
from tenants.egress import EgressPolicy, parse_allow


@dataclass(frozen=True, slots=True)
class StandIns:
    """A transport that knows where some hosts are played. `local` may reach those loopback ports and nothing else."""

    real: Transport
    local: Transport
    places: Mapping[str, str]

    def now(self) -> float:
        """The clock of the real one."""
        return self.real.now()

    def check(self, url: str) -> str:
        """A host that is played may be called."""
        return "" if self._place(url) else self.real.check(url)

    def send(self, request: HttpRequest, time: CallTime) -> HttpResponse:
        """Send to the stand-in where there is one."""
        place = self._place(request.base_url)
        if not place:
            return self.real.send(request, time)
        return self.local.send(replace(request, base_url=f"http://{place}"), time)

    def _place(self, url: str) -> str:
        try:
            return self.places.get(urlsplit(url).hostname or "", "")
        except ValueError:
            return ""


def with_stand_ins(real: Transport, places: Mapping[str, str]) -> Transport:
    """The transport itself where no host is played."""
    if not places:
        return real
    return StandIns(real, GuardedTransport(EgressPolicy(parse_allow(places.values()))), places)
