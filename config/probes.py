"""What the status page asks: the database, Redis, the gateway, the sweeper."""

import http.client
from datetime import UTC, datetime
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.translation import gettext_lazy as _

from tenants.health import Probe

TIMEOUT_SECONDS = 1.0


def probes() -> list[Probe]:
    """All probes of this installation."""
    return [
        Probe("database", _("PostgreSQL"), _("Nothing works without it; no call passes a hard limit."), _database),
        Probe("redis", _("Redis"), _("Slower: no cached answers, background work waits for the sweeper."), _redis),
        Probe("gateway", _("Gateway"), _("Applications cannot reach models."), _gateway),
        Probe(
            "sweeper", _("Sweeper"), _("Expired holds stay held and audit entries unsealed until it is back."), _sweeper
        ),
    ]


def _database() -> str:
    close_old_connections()
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("select current_setting('server_version')")
            return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"
    finally:
        connections["default"].close()


def _redis() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    try:
        return f"{client.info('server').get('redis_version', '')}"
    finally:
        client.close()


def _gateway() -> str:
    address = urlsplit(settings.GATEWAY_INTERNAL_URL)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise ConnectionError(f"HTTP {answer.status}")
        return "ready"
    finally:
        connection.close()


def _sweeper() -> str:
    """The beat process notes each round in the table of heartbeats; older than ten seconds means it is gone."""
    close_old_connections()
    try:
        with connections["relay"].cursor() as cursor:
            cursor.execute("select at from tenants_heartbeat where name = 'sweeper'")
            row = cursor.fetchone()
    finally:
        connections["relay"].close()
    age = (datetime.now(UTC) - row[0]).total_seconds() if row else float("inf")
    if age > 10:  # ten rounds
        raise TimeoutError("no beat")
    return f"{age:.0f} s"
