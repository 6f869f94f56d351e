"""Routing that can be seen: each choice is made for a reason, and the request's page tells it."""

import json
from typing import Any

import httpx

from routing.domain.replay import is_reproduced
from tests.sandbox import SandboxServer
from tests.system import Desk, call, eventually

EASY = "What are your opening hours?"
HARD = (
    "Prove, step by step and with all intermediate equations, that the amortisation schedule of a loan with a variable "
    "rate converges, then derive the sensitivity of the last instalment to the second reset, compare three estimators, "
    "and write Python code with tests that checks the derivation against simulated rates."
)
CHEAP_SLOW, DEAR_FAST = "sandbox-slow-400", "sandbox-slow-2"
PRICES = {CHEAP_SLOW: ("0.1", "0.1"), DEAR_FAST: ("9", "9")}


def ask(desk: Desk, model: str, **options: Any) -> httpx.Response:
    answer = call(desk.info["gateway_url"], desk.info["virtual_key"], model, **options)
    assert answer.status_code == 200, answer.text
    return answer


def known(desk: Desk, route: str) -> str:
    """The route, once the gateway has read it."""
    url, key = desk.info["gateway_url"], desk.info["virtual_key"]
    headers = {"authorization": f"Bearer {key}"}
    address = f"{url}/v1/models/{route}"
    assert eventually(lambda: httpx.get(address, headers=headers, verify=False).status_code == 200)
    return route


def page_of(desk: Desk, answer: httpx.Response) -> str:
    """The request's page as an architect reads it."""
    record = desk.record(answer)
    with desk.signed_in("architect") as browser:
        return desk.page(browser, f"requests/{record['id']}/")


def test_an_easy_and_a_hard_prompt_get_different_models_and_the_page_says_why(desk: Desk) -> None:
    easy = ask(desk, "assistant", prompt=f"{EASY} {desk.name('')}")
    hard = ask(desk, "assistant", prompt=f"{HARD} {desk.name('')}")
    assert easy.headers["x-orchestration-model-served"] == "sandbox-small"
    assert hard.headers["x-orchestration-model-served"] == "sandbox-large"
    for answer, name in ((easy, "Sandbox small"), (hard, "Sandbox large")):
        page = page_of(desk, answer)
        assert name in page.partition("Why this model")[2].partition("All candidates")[0]
        assert "Difficulty" in page


def republished(desk: Desk, route: str, **changes: Any) -> None:
    """Publish another version of a route and wait until the gateway uses it."""
    row = next(row for row in desk.api.get("routes/").json()["results"] if row["name"] == route)
    row = desk.api.get(f"routes/{row['id']}/").json()
    spec = row["version"]["spec"] | changes
    desk.api.patch(
        f"routes/{row['id']}/", json={"spec": spec, "base_version": row["current_version"]}
    ).raise_for_status()
    wanted = str(row["current_version"] + 1)
    assert eventually(lambda: ask(desk, route).headers["x-orchestration-route-version"] == wanted)


def test_cost_against_latency_moves_the_winner(desk: Desk, models: SandboxServer) -> None:
    route = known(desk, desk.route(desk.provider(f"{models.url}/v1"), CHEAP_SLOW, DEAR_FAST, prices=PRICES))
    ask(desk, route)  # the first rung is measured now, then the second
    models.take_down(CHEAP_SLOW)
    ask(desk, route)
    models.bring_up(CHEAP_SLOW)
    served = {}
    for name, weights in {"cheapest": {}, "fastest": {}, "cost": (1.0, 0.0), "latency": (0.0, 1.0)}.items():
        cost, latency = weights or (0.5, 0.5)
        strategy = "balanced" if weights else name
        republished(desk, route, strategy=strategy, cost_weight=cost, latency_weight=latency)
        answer = eventually(lambda: ask(desk, route))
        served[name] = answer.headers["x-orchestration-model-served"]
        assert f"{CHEAP_SLOW}" in page_of(desk, answer).partition("All candidates")[2]
    assert served == {"cheapest": CHEAP_SLOW, "fastest": DEAR_FAST, "cost": CHEAP_SLOW, "latency": DEAR_FAST}


def test_a_repeat_is_a_cache_hit_that_cost_nothing_and_says_what_it_saved(desk: Desk) -> None:
    prompt = f"{EASY} {desk.name('')}"
    first = ask(desk, "assistant", prompt=prompt)
    again = eventually(
        lambda: (got := ask(desk, "assistant", prompt=prompt)).headers["x-orchestration-cache"] == "hit" and got
    )
    assert first.headers["x-orchestration-cache"] == "miss"
    record = desk.record(again)
    assert (record["status"], float(record["cost"])) == ("cached", 0)
    assert record["saved"] == desk.record(first)["cost"] != "0"
    assert again.json()["choices"] == first.json()["choices"]
    assert "saved" in page_of(desk, again)


def test_stopping_a_model_moves_to_the_next_rung(desk: Desk, models: SandboxServer) -> None:
    provider = desk.provider(f"{models.url}/v1")
    route = known(desk, desk.route(provider, "sandbox-slow-21", "sandbox-slow-22"))
    assert ask(desk, route).headers["x-orchestration-model-served"] == "sandbox-slow-21"
    models.take_down("sandbox-slow-21")
    try:
        answer = ask(desk, route, prompt="Still there?")
        assert answer.headers["x-orchestration-model-served"] == "sandbox-slow-22"
        assert int(answer.headers["x-orchestration-attempts"]) > 1
        page = page_of(desk, answer)
    finally:
        models.bring_up("sandbox-slow-21")
    assert "sandbox-slow-21" in page.partition("Attempts")[2]
    assert "503" in page.partition("Attempts")[2]


def test_a_dropped_candidate_is_shown_with_its_reason(desk: Desk, models: SandboxServer) -> None:
    provider = desk.provider(f"{models.url}/v1")
    route = known(desk, desk.route(provider, "sandbox-slow-31", "sandbox-slow-32"))
    dropped = desk.rows("select id from routing_deployment where model = 'sandbox-slow-31' order by id desc")[0][0]
    desk.api.patch(f"deployments/{dropped}/", json={"enabled": False}).raise_for_status()
    answer = eventually(
        lambda: (got := ask(desk, route)).headers["x-orchestration-model-served"] == "sandbox-slow-32" and got
    )
    detail = desk.api.get(f"requests/{desk.record(answer)['id']}/").json()
    causes = [cause["text"] for one in detail["explanation"]["candidates"] for cause in one["causes"]]
    assert causes
    assert causes[0] in page_of(desk, answer)


def test_every_stored_decision_is_made_again_to_the_last_byte(desk: Desk) -> None:
    ask(desk, "assistant-cheap", prompt=EASY)
    query = "select decision::text from routing_usagerecord where decision is not null and decision::text <> '{}'"
    stored = eventually(lambda: desk.rows(query))
    assert [text[:400] for (text,) in stored if not is_reproduced(json.loads(text))] == []
