"""Requests per second per core and added latency of the gateway with everything on, beside its peers and floors.

Everything on means: key authentication, a hard monthly budget and an rpm limit held and settled exactly in PostgreSQL
(fsync on), the routing decision, and a usage record with the decision for each request. LiteLLM runs without database,
Redis and budgets. Requests per second per core are taken from CPU time per request, which noise hardly moves.
"""

from contextlib import ExitStack
from pathlib import Path

from bench.gateway import peers
from bench.gateway.load import Row, Scenario, Target, measure, median
from bench.gateway.ours import our_gateway
from bench.report import figure

ROUNDS, SECONDS = 3, 4.0
SCENARIOS = (
    Scenario("json c32", "json", "gpt-mock", 32),
    Scenario("json c1", "json", "gpt-mock", 1),
    Scenario("sse c32", "sse", "gpt-mock", 32),
    Scenario("sse c32 paced", "sse", "gpt-mock-2", 32),
)
Results = dict[tuple[str, str], Row]


def run() -> list[dict[str, object]]:
    """Measure, interleaved, and return the figures."""
    driver = peers.compiled("load")
    with ExitStack() as stack:
        stack.enter_context(peers.mock_upstream())
        targets = [Target("direct", 9000, 0, "sk-up")]
        nginx_pid = stack.enter_context(peers.nginx())
        if nginx_pid:
            targets.append(Target("nginx", peers.NGINX_PORT, nginx_pid, "sk-up"))
        targets.append(stack.enter_context(our_gateway()))
        targets.append(Target("litellm", peers.LITELLM_PORT, stack.enter_context(peers.litellm_proxy()), "sk-master"))
        return _figures(_measured(driver, targets))


def _measured(driver: Path, targets: list[Target]) -> Results:
    rows: dict[tuple[str, str], list[Row]] = {}
    for scenario in SCENARIOS * ROUNDS:
        for target in targets:
            if target.name in {"direct", "nginx"} and scenario.mode == "sse":
                continue
            row = measure(driver, target, scenario, seconds=SECONDS, core=peers.LOAD_CORE)
            print(f"{scenario.name:16}{target.name:10}{row}", flush=True)  # progress of a long run
            rows.setdefault((scenario.name, target.name), []).append(row)
    return {key: median(found) for key, found in rows.items()}


def _figures(results: Results) -> list[dict[str, object]]:
    ours, litellm = results["json c32", "ours"], results["json c32", "litellm"]
    direct = results["json c1", "direct"]
    added, added_peer = results["json c1", "ours"].p50 - direct.p50, results["json c1", "litellm"].p50 - direct.p50
    figures = [
        figure("json, 32 connections: requests per second per core", _per_core(ours), "rps/core",
               peer="litellm", peer_value=_per_core(litellm), at_least=25, aim=50),
        figure("json, 1 connection: added latency p50", added, "ms", at_least=1.5, aim=0.8,
               lower_is_better=True, absolute=True),
        figure("json, 1 connection: added latency p50 beside peer", added, "ms", peer="litellm",
               peer_value=added_peer, lower_is_better=True),
        figure("json, 1 connection: latency p99", results["json c1", "ours"].p99, "ms", lower_is_better=True),
        figure("sse, 32 connections: streams per second per core", _per_core(results["sse c32", "ours"]),
               "streams/core",
               peer="litellm", peer_value=_per_core(results["sse c32", "litellm"]), aim=60),
        figure("sse paced, 32 connections: time to first token p50", results["sse c32 paced", "ours"].ttft50, "ms",
               peer="litellm", peer_value=results["sse c32 paced", "litellm"].ttft50, lower_is_better=True),
        figure("memory of the gateway process", ours.rss_mb, "MB", peer="litellm", peer_value=litellm.rss_mb,
               lower_is_better=True),
        figure("requests that failed", float(sum(row.bad for (_, name), row in results.items() if name == "ours")),
               "requests", at_least=0, lower_is_better=True, absolute=True),
    ]  # fmt: skip
    if ("json c32", "nginx") in results:
        share = _per_core(results["json c32", "nginx"])
        figures.append(figure("json, 32 connections: share of nginx", _per_core(ours), "rps/core", peer="nginx",
                              peer_value=share, aim=0.05))  # fmt: skip
    return figures


def _per_core(row: Row) -> float:
    return 1e6 / row.cpu_us if row.cpu_us else 0.0
