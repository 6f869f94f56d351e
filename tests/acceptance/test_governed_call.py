"""The first promise: a stock client makes a routed, budgeted, recorded call with what `up` printed."""

from decimal import Decimal

import openai
import pytest

from tests.system import Desk, eventually

FIELDS = [
    "base_url",
    "gateway_url",
    "tenant",
    "api_token",
    "virtual_key",
    "users",
    "sandbox_model_url",
    "demo_core_url",
    "patterns",
]
ROLES = {"owner", "admin", "architect", "approver", "developer", "auditor"}


def stock_client(desk: Desk, suffix: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=desk.info["gateway_url"] + suffix, api_key=desk.info["virtual_key"], max_retries=0)


def test_scripts_learn_exactly_what_people_are_told(desk: Desk) -> None:
    assert list(desk.info) == FIELDS
    assert {user["role"] for user in desk.info["users"]} == ROLES
    assert all(set(user) == {"email", "password", "role"} for user in desk.info["users"])
    printed = desk.up.log()
    for value in (desk.info["base_url"], desk.info["api_token"], desk.info["virtual_key"]):
        assert value in printed
    assert (desk.up.data_dir / "demo.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("role", ["owner", "auditor"])
def test_the_printed_login_opens_the_console(desk: Desk, role: str) -> None:
    with desk.signed_in(role) as browser:
        home = browser.get("/")
        assert home.url.path == f"/t/{desk.info['tenant']}/"
        assert "Demo Bank" in home.text


@pytest.mark.parametrize("suffix", ["/v1", ""])
def test_the_stock_client_works_with_either_form_of_the_address(desk: Desk, suffix: str) -> None:
    with stock_client(desk, suffix) as client:
        plain = client.chat.completions.create(
            model="assistant-cheap", messages=[{"role": "user", "content": f"Hello from {suffix or 'here'}"}]
        )
        assert plain.choices[0].message.content
        assert plain.usage is not None
        assert {"assistant", "assistant-cheap"} <= {model.id for model in client.models.list()}


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_is_on_the_usage_page_and_explained_on_its_own(desk: Desk, stream: bool) -> None:
    with stock_client(desk, "/v1") as client:
        answer = client.chat.completions.with_raw_response.create(
            model="exact", messages=[{"role": "user", "content": "Opening hours"}], max_tokens=20, stream=stream
        )
        assert "".join(answer.http_response.iter_text())
    record = desk.record(answer.http_response)
    assert (record["status"], record["model_served"], record["output_tokens"]) == ("ok", "sandbox-exact", 20)
    assert Decimal(record["cost"]) > 0

    with desk.signed_in("architect") as browser:
        page = desk.page(browser, f"requests/{record['id']}/")
        usage = desk.page(browser, "usage/")
    assert "Why this model" in page
    assert "Sandbox exact" in page
    assert "sandbox-exact" in usage


def test_the_record_the_ledger_and_the_page_agree_on_the_money(desk: Desk) -> None:
    with stock_client(desk, "/v1") as client:
        answer = client.chat.completions.with_raw_response.create(
            model="exact", messages=[{"role": "user", "content": "How much"}], max_tokens=17
        )
    record = desk.record(answer)
    cost = Decimal(record["cost"])
    booked = eventually(lambda: desk.rows("select amount from keys_ledgerentry where hold_id = %s", record["id"]))
    assert [amount for (amount,) in booked] == [cost * 10**9]
    assert Decimal(answer.headers["x-orchestration-cost-usd"]) == cost
    assert "balances" in desk.up.manage("ledger_check").stdout
