"""Holds a second with 32 callers and the time of a hold alone, exact in PostgreSQL under row-level security, fsync on.

One process with the gateway's ledger, two connections. Every hold goes against a hard monthly budget and a quota of
requests, is settled, and counts when its settlement is on disk as well. The floor is psycopg alone, which inserts one
row per commit on a connection per caller. Both take turns; the books are proved at the end.
"""

import asyncio
from statistics import median

import uvloop

from bench.gateway.ours import seeded, services
from bench.gateway.peers import WORK
from bench.ledger.floor import floor
from bench.ledger.ours import find_key, ours, unexplained
from bench.report import figure

ROUNDS, SECONDS, CALLERS = 5, 2.0, 32
DATA = WORK / "ledger"


def run() -> list[dict[str, object]]:
    """Measure, interleaved, and return the figures."""
    with services(DATA) as environment:
        return uvloop.run(_measured(environment, seeded(environment)))


async def _measured(environment: dict[str, str], secret: str) -> list[dict[str, object]]:
    url, owner_url = environment["DATABASE_GATEWAY_URL"], environment["DATABASE_OWNER_URL"]
    key = await find_key(url, secret)
    holds = 0
    rates: dict[str, list[float]] = {"ours": [], "floor": []}
    alone: dict[str, list[float]] = {"ours": [], "floor": []}
    for _round in range(ROUNDS):
        taken, seconds = await ours(url, key, callers=CALLERS, seconds=SECONDS)
        single, _ = await ours(url, key, callers=1, seconds=SECONDS)
        holds += len(taken) + len(single)
        bare = await floor(owner_url, callers=CALLERS, seconds=SECONDS)
        bare_single = await floor(owner_url, callers=1, seconds=SECONDS)
        rates["ours"].append(len(taken) / seconds)
        rates["floor"].append(len(bare) / SECONDS)
        alone["ours"].append(median(single) * 1000)
        alone["floor"].append(median(bare_single) * 1000)
        for name in rates:
            print(f"{name:8}{rates[name][-1]:9.0f} a second  {alone[name][-1]:7.3f} ms alone", flush=True)
    return figures(rates, alone, await asyncio.to_thread(unexplained, owner_url, key, holds))


def figures(rates: dict[str, list[float]], alone: dict[str, list[float]], wrong: int) -> list[dict[str, object]]:
    """Medians over the rounds, beside the floor."""
    return [
        figure(f"{CALLERS} callers: holds a second, each settled", median(rates["ours"]), "holds/s", peer="insert",
               peer_value=median(rates["floor"])),
        figure("one caller: a hold, p50", median(alone["ours"]), "ms", peer="insert",
               peer_value=median(alone["floor"]), lower_is_better=True),
        figure("holds that the books do not explain", float(wrong), "holds", at_least=0, lower_is_better=True,
               absolute=True),
    ]  # fmt: skip
