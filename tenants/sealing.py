"""The audit chain. A sealer numbers and hashes committed entries, so that business transactions never wait for a chain.

Entry n carries `previous` = hash of entry n-1 and `hash` = SHA-256(previous + canonical JSON of the entry and its
number). Entries are sealed in id order among those visible; one that commits late is sealed later, which loses nothing.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone

from tenants.models import AuditEntry, AuditHead
from tenants.scope import system_scope, tenant_tx

GENESIS = bytes(32)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of walking one chain. `bad_seq` is the first entry that does not fit; `unsealed` counts the tail."""

    sealed: int
    unsealed: int
    bad_seq: int | None
    bad_id: UUID | None
    reason: str = ""


def entry_hash(previous: bytes, entry: AuditEntry, seq: int) -> bytes:
    """Hash of `entry` as number `seq` after `previous`."""
    fields: dict[str, Any] = {
        "seq": seq,
        "id": str(entry.id),
        "tenant": str(entry.tenant_id),
        "at": entry.at.isoformat(),
        "actor": [entry.actor_kind, entry.actor_id, entry.actor_label],
        "action": entry.action,
        "object": [entry.object_type, entry.object_id, entry.object_label],
        "changes": entry.changes,
        "request": [entry.request_id, entry.ip],
    }
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + canonical.encode()).digest()


def seal_all() -> int:
    """Seal every tenant that has unsealed entries; return how many entries were sealed."""
    return sum(seal_tenant(tenant_id) for tenant_id in _tenants_with_unsealed())


def seal_tenant(tenant_id: UUID) -> int:
    """Seal up to BATCH entries of one tenant under the lock of its chain head."""
    with tenant_tx(system_scope(tenant_id, "audit sealer")):
        AuditHead.objects.bulk_create([AuditHead(hash=GENESIS)], ignore_conflicts=True)
        head = AuditHead.objects.select_for_update().get()
        entries = list(AuditEntry.objects.filter(seq__isnull=True).order_by("id")[:BATCH])
        for entry in entries:
            _append(head, entry)
        if entries:
            AuditEntry.objects.bulk_update(entries, ["seq", "previous", "hash"])
            AuditHead.objects.update(seq=head.seq, hash=head.hash, sealed_at=timezone.now())
        return len(entries)


def verify_tenant(tenant_id: UUID) -> Verification:
    """Walk the chain from the start; stop at the first entry whose number, link or hash is wrong."""
    with tenant_tx(system_scope(tenant_id, "audit verifier")):
        unsealed = AuditEntry.objects.filter(seq__isnull=True).count()
        head = AuditHead.objects.first()
        previous, seq = GENESIS, 0
        for entry in _sealed_entries():
            fault = _fault(entry, previous, seq + 1)
            if fault:
                return Verification(seq, unsealed, entry.seq, entry.id, fault)
            previous, seq = bytes(entry.hash or b""), seq + 1
        if head is not None and (head.seq, bytes(head.hash)) != (seq, previous):
            return Verification(seq, unsealed, seq + 1, None, "entries are missing at the end of the chain")
        return Verification(seq, unsealed, None, None)


def _append(head: AuditHead, entry: AuditEntry) -> None:
    head.seq += 1
    entry.seq, entry.previous = head.seq, bytes(head.hash)
    entry.hash = head.hash = entry_hash(bytes(head.hash), entry, head.seq)


def _sealed_entries() -> Iterator[AuditEntry]:
    yield from AuditEntry.objects.filter(seq__isnull=False).order_by("seq").iterator(chunk_size=2000)


def _fault(entry: AuditEntry, previous: bytes, seq: int) -> str:
    if entry.seq != seq:
        return f"entry {seq} is missing"
    if bytes(entry.previous or b"") != previous:
        return "the link to the entry before does not match"
    if bytes(entry.hash or b"") != entry_hash(previous, entry, seq):
        return "the entry was changed after it was sealed"
    return ""


def _tenants_with_unsealed() -> list[UUID]:
    with connections["relay"].cursor() as cursor:
        cursor.execute("select distinct tenant_id from tenants_auditentry where seq is null")
        return [row[0] for row in cursor.fetchall()]
