"""The demo's payment in the hands of a fault test: started, decided on, carried to its end, and counted everywhere."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from config.demo.samples import sample
from tests.faults.payment.ward import Ward
from tests.system import Desk, alive, eventually

FINAL = {"completed", "faulted", "cancelled", "compensated", "compensation_failed"}
SECONDS = 90
BOOKED = {"reserve": 1, "book": 1}
UNDONE = {"reserve": 1, "release": 1}
RULE = "-" * 79
KEYS = "select id from keys_virtualkey where name = 'Workflows'"  # with which runs call the gateway


@dataclass
class Counts:
    """What a payment left behind: effects at the core, questions to people, mails about them, charges of models."""

    effects: dict[str, int]
    balanced: bool
    approvals: int
    mails: int
    settled: int
    charged: int
    whole_history: bool

    @classmethod
    def expected(cls, effects: dict[str, int]) -> "Counts":
        """Of a payment above the amount, whatever died meanwhile."""
        return cls(effects, balanced=True, approvals=1, mails=1, settled=1, charged=1, whole_history=True)


@dataclass
class Counter:
    """A person with a browser, and the books of everybody."""

    desk: Desk
    approver: httpx.Client
    core: httpx.Client
    run_id: str = ""
    decided: bool = False
    used: set[str] = field(default_factory=set)
    _before: dict[str, int] = field(default_factory=dict)

    def clear(self) -> None:
        """Opening balances, no mails, no runs of ours."""
        self.core.post("/demo/reset").raise_for_status()
        for file in (self.desk.up.data_dir / "mail").glob("*"):
            file.unlink()
        self.run_id, self.decided, self._before = "", False, self._all_ends()

    def refuse_booking(self) -> None:
        self.switch("book", "refuse")

    def switch(self, operation: str, mode: str, **more: Any) -> None:
        self.core.put(f"/demo/switches/{operation}", json={"mode": mode, **more}).raise_for_status()

    def start(self, name: str = "above") -> str:
        """A payment with an invoice that no model was asked about before."""
        text = sample(name).decode().replace("Invoice", self.desk.name("Invoice"))
        self.run_id = str(self.desk.create("runs/", definition="demo/payment", input={"file": text})["id"])
        return self.run_id

    def run(self) -> dict[str, Any]:
        return self.desk.api.get(f"runs/{self.run_id}/").json()  # type: ignore[no-any-return]

    def ended(self) -> bool:
        """Whether it is over; decides on the way, once the mail is there."""
        status = self.run()["status"]
        if status == "waiting" and not self.decided and (address := self.link()):
            self.decide(address)
        return status in FINAL

    def ended_if_answered(self) -> bool:
        """The same where a process of the system may be away."""
        try:
            return self.ended()
        except httpx.TransportError:
            return False

    def is_at_work(self) -> bool:
        """Whether the core is carrying out something."""
        return bool(self.core.get("/demo/status").json()["in_flight"])

    def link(self) -> str:
        """The address in a mail to the approver that was not used yet, or nothing."""
        hits = {hit for mail in self.mails() for hit in re.findall(r"https?://\S+/approvals/\S+", mail)}
        return next(iter(hits - self.used), "")

    def decide(self, address: str, *, base: str = "") -> httpx.Response:
        """Press Approve on the page behind the link, at `base` instead of the mail's host."""
        mailed = address
        if base:
            address = re.sub(r"^https?://[^/]+", base, address)
        page = self.approver.get(address)
        assert page.status_code == 200, page.text[:500]
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        action = re.findall(r'<form[^>]* action="([^"]+/approvals/[^"]+)"', page.text)[-1]
        answer = self.approver.post(str(page.url.join(action)), data=form | {"decision": "approve", "reason": ""})
        self.decided = answer.status_code < 400
        if self.decided:
            self.used.add(mailed)
        return answer

    def counts(self) -> Counts:
        """Everything counted, by whoever it happened at."""
        status = self.core.get("/demo/status").json()
        asked = self.desk.rows("select count(*) from workflows_approval where run_id = %s", self.run_id)
        paid = "select count(*) from routing_usagerecord where run_id = %s and cost > 0"
        return Counts(
            effects=status["effects"],
            balanced=status["balanced"],
            approvals=asked[0][0],
            mails=len({self._message_id(mail) for mail in self.mails()}),
            settled=self.ends().get("settled", 0),
            charged=self.desk.rows(paid, self.run_id)[0][0],
            whole_history=self._has_whole_history(),
        )

    def expire_holds(self) -> None:
        """Let the holds that nobody ended be due, and wait for the sweeper to end them."""
        past = "admitted_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'"
        self.desk.rows(f"update keys_hold set {past} where virtual_key_id in ({KEYS}) returning id")
        left = f"select id from keys_hold where virtual_key_id in ({KEYS})"
        assert eventually(lambda: not self.desk.rows(left), seconds=15), "the sweeper ended no hold"

    def ends(self) -> dict[str, int]:
        """How the holds of this payment ended."""
        found = {kind: count - self._before.get(kind, 0) for kind, count in self._all_ends().items()}
        return {kind: count for kind, count in found.items() if count}

    def _all_ends(self) -> dict[str, int]:
        query = f"select kind, count(*) from keys_ledgerentry where virtual_key_id in ({KEYS}) group by kind"
        return dict(self.desk.rows(query))  # type: ignore[arg-type]

    def _has_whole_history(self) -> bool:
        query = "select number from workflows_runevent where run_id = %s order by number"
        numbers = [row[0] for row in self.desk.rows(query, self.run_id)]
        return bool(numbers) and numbers == list(range(1, len(numbers) + 1))

    def mails(self) -> list[str]:
        """Mails to the approver, also those that a second process appended to the same file."""
        files = (self.desk.up.data_dir / "mail").glob("*")
        return [mail for file in files for mail in file.read_text().split(RULE) if "To: approver@" in mail]

    @staticmethod
    def _message_id(mail: str) -> str:
        return re.findall(r"^Message-ID: (\S+)$", mail, re.MULTILINE)[0]


def carry(counter: Counter, ward: Ward, doomed: int, *, gateway: str = "") -> str:
    """Bring the payment to its end with another worker as soon as the first one is dead; its final status."""
    tenant, survivor, until = tenant_of(counter), 0, time.monotonic() + SECONDS
    try:
        while not counter.ended():
            assert time.monotonic() < until, (counter.run(), ward.log.read_text()[-2000:])
            if not survivor and not alive(doomed):
                end_leases(counter)
                survivor = ward.work(gateway=gateway)
                ward.hint(tenant, counter.run_id)
            time.sleep(0.03)
        return str(counter.run()["status"])
    finally:
        for pid in filter(None, (doomed, survivor)):
            ward.kill(pid)
        if survivor:
            ward.ended_by(survivor)


def tenant_of(counter: Counter) -> str:
    return str(counter.desk.rows("select tenant_id from workflows_run where id = %s", counter.run_id)[0][0])


def end_leases(counter: Counter) -> None:
    """As if the time had passed that a dead worker keeps its run and its mail."""
    ended = "set lease_expires_at = now() where lease_expires_at is not null returning id"
    counter.desk.rows(f"update workflows_run {ended}")
    counter.desk.rows("update tenants_outgoingmail set due_at = now() where due_at > now() returning id")
