"""Pure parts of the kernel: ids, permissions, tokens, errors, failpoints, bodies, the verdict on database roles."""

import time
from uuid import UUID

import pytest

from tenants import failpoints
from tenants.dbroles import UnsafeRole, verdict
from tenants.domain import ACTIONS, Role, allowed
from tenants.errors import Invalid, NotFound, OrchestrationError, ProgrammingFault
from tenants.idempotency import without_secrets
from tenants.ids import uuid7
from tenants.parsing import parse_object
from tenants.tokens import digest_of, new_token


def test_ids_are_version_7_and_ordered_by_time():
    ids = []
    for _ in range(3):
        ids.append(uuid7())
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, UUID(int=0x8 << 60).variant)}
    assert len({uuid7() for _ in range(10_000)}) == 10_000


def test_an_unknown_action_is_never_allowed():
    with pytest.raises(KeyError):
        allowed({Role.OWNER}, "unit.explode")


@pytest.mark.parametrize("action", ACTIONS)
def test_owners_may_do_everything_and_strangers_nothing(action):
    assert allowed({Role.OWNER}, action)
    assert not allowed(set(), action)


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.endswith(".change")])
def test_auditors_and_approvers_change_nothing(action):
    assert not allowed({Role.AUDITOR, Role.APPROVER}, action)


def test_whoever_may_change_may_read():
    for action, roles in ACTIONS.items():
        if action.endswith(".change"):
            assert roles <= ACTIONS[action.replace(".change", ".read")]


def test_a_token_is_long_random_and_recognisable():
    token = new_token("orc-api-")
    assert (token.secret[:8], token.last4, token.digest) == ("orc-api-", token.secret[-4:], digest_of(token.secret))
    assert len(token.secret) - 8 >= 43
    assert token.secret not in repr(token)


def tree(root=OrchestrationError):
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


def test_every_error_has_its_own_code_and_a_public_message():
    ours = [one for one in tree() if one.__module__ == "tenants.errors"]
    assert len({one.code for one in ours}) == len(ours)
    assert all(one.public_message and 400 <= one.status < 600 for one in ours)
    assert NotFound().message == NotFound.public_message
    assert Invalid(errors={"name": ("short",)}).errors == {"name": ["short"]}
    assert issubclass(ProgrammingFault, OrchestrationError)


def test_secrets_are_taken_out_at_any_depth():
    data = {"secret": "x", "inner": [{"secret": "y", "name": "z"}]}
    assert without_secrets(data) == {"secret": None, "inner": [{"secret": None, "name": "z"}]}


@pytest.mark.parametrize("depth", [10, 60])
def test_nested_bodies_are_read(depth):
    assert parse_object(b'{"a":' * depth + b"1" + b"}" * depth)


def test_a_body_nested_too_deeply_is_refused():
    from rest_framework.exceptions import ParseError

    for depth in (70, 100_000):
        with pytest.raises(ParseError):
            parse_object(b'{"a":' * depth + b"1" + b"}" * depth)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("x", True, False, False), "is superuser"),
        (("x", False, True, False), "BYPASSRLS"),
        (("x", False, False, True), "owns tables"),
    ],
)
def test_an_unsafe_role_is_named_with_what_is_wrong(row, words):
    with pytest.raises(UnsafeRole, match=words):
        verdict(row)


def test_a_safe_role_passes():
    verdict(("x", False, False, False))


@pytest.fixture
def no_failpoints():
    yield
    failpoints.configure("", environment="test")


@pytest.mark.usefixtures("no_failpoints")
def test_a_failpoint_acts_on_the_pass_it_names():
    failpoints.configure("a=raise@2, b=sleep:0.01", environment="test")
    failpoints.failpoint("a")
    with pytest.raises(failpoints.FailpointError):
        failpoints.failpoint("a")
    failpoints.failpoint("a")
    failpoints.failpoint("unknown")
    started = time.monotonic()
    failpoints.failpoint("b")
    assert time.monotonic() - started >= 0.01


@pytest.mark.usefixtures("no_failpoints")
@pytest.mark.parametrize("spec", ["a", "a=explode", "a=sleep", "a=kill:3", "a=raise@x", "=kill"])
def test_a_bad_failpoint_is_refused_at_start(spec):
    with pytest.raises(ValueError):
        failpoints.configure(spec, environment="test")


def test_failpoints_are_refused_in_production():
    with pytest.raises(ValueError, match="production"):
        failpoints.configure("a=kill", environment="production")
