"""A workflow of the demo tenant that asks for an approval, and the mail that it sends."""

import re
import time
from email import message_from_bytes
from email.message import Message
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from tests.browser.system import System

WAIT_SECONDS = 90
DOCUMENT = r"""
document: {dsl: 1.0.3, namespace: browser, name: ask-first, version: 1.0.0}
do:
  - ask:
      call: approval:1.0.0@default
      with:
        title: '${ "Pay \(.amount) to \(.to)?" }'
        summary: The screening found nothing unusual.
        payload: '${ . }'
  - done: {set: {paid: true, by: '${ .by }'}}
"""
LINK = re.compile(r"https?://\S+(/approvals/\S+)")


def ask(system: "System", amount: int) -> tuple[str, str]:
    """Start a run that asks; ids of run and approval once it waits."""
    with api(system) as client:
        client.post("definitions/", content=DOCUMENT, headers={"Content-Type": "application/yaml"}).raise_for_status()
        started = {"definition": "browser/ask-first", "input": {"amount": amount, "to": "Anna & Co", "currency": "GBP"}}
        run = str(client.post("runs/", json=started).raise_for_status().json()["id"])
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            found = client.get("approvals/", params={"run_id": run}).raise_for_status().json()["results"]
            if found:
                return run, str(found[0]["id"])
            time.sleep(0.3)
    raise AssertionError("the run does not ask")


def link_for(system: "System", role: str, title: str) -> str:
    """Path of the link in the mail that this person got about the question."""
    email = system.logins[role][0]
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        for message in _mails(system):
            if message["To"] == email and title in str(message["Subject"]):
                found = LINK.search(str(message.get_payload(decode=True), "utf-8"))
                assert found
                return found[1]
        time.sleep(0.3)
    raise AssertionError(f"no mail about {title!r} for {email}")


def ended(system: "System", run: str) -> dict[str, object]:
    """The run once it is over."""
    until = time.monotonic() + WAIT_SECONDS
    found: dict[str, object] = {}
    with api(system) as client:
        while time.monotonic() < until and found.get("status") not in {"completed", "faulted"}:
            found = client.get(f"runs/{run}/").raise_for_status().json()
            time.sleep(0.3)
    return found


def api(system: "System") -> httpx.Client:
    headers = {"Authorization": f"Bearer {system.api_token}"}
    return httpx.Client(base_url=f"{system.base_url}/api/v1/", headers=headers, timeout=30)


def _mails(system: "System") -> list[Message]:
    parts = [path.read_bytes() for path in (system.data_dir / "mail").glob("*")]
    texts = [text for whole in parts for text in re.split(rb"\n-{79}\n", whole) if text.strip()]
    return [message_from_bytes(text) for text in texts]
