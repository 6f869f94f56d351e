"""The proof of the books finds what does not add up, and the command says so."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.cast import committed
from tests.integration.keys.kit import Desk

pytestmark = committed


def check(*arguments: str) -> str:
    """Output of the command."""
    out = io.StringIO()
    call_command("ledger_check", *arguments, stdout=out)
    return out.getvalue()


def test_books_that_balance_are_called_so(desk: Desk) -> None:
    desk.limit(1000)
    desk.settle(desk.take(400), 500)
    desk.take(100)
    assert "bank-a: balances (1 periods, 2 entries, 1 live holds)" in check("--tenant", "bank-a")
    assert "bank-b: balances" in check()


@pytest.mark.parametrize(
    ("damage", "counter"),
    [
        ("update keys_limitperiod set committed = committed + 1 where id is not null", "committed"),
        ("update keys_limitperiod set held = held - 1 where held > 0", "held"),
        ("update keys_limitperiod set overrun = overrun + 1 where id is not null", "overrun"),
        ("delete from keys_ledgerentry where kind = 'settled'", "committed"),
        ("update keys_hold set amount = amount + 1", "held"),
    ],
)
def test_a_counter_that_is_not_explained_is_named(desk: Desk, damage: str, counter: str) -> None:
    desk.limit(1000)
    desk.settle(desk.take(400), 300)
    desk.take(100)
    desk.as_owner(damage)
    assert {found.counter for found in desk.proof().mismatches} == {counter}
    with pytest.raises(CommandError, match="do not balance"):
        check()


def test_a_tenant_that_does_not_exist_is_an_error(desk: Desk) -> None:
    with pytest.raises(CommandError, match="no tenant"):
        check("--tenant", "nobody")
