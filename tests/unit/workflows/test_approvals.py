"""The rules of approvals: what may be asked, who may decide, what a second decision means."""

import pytest

from tenants.domain import Role
from workflows.approvals.domain import (
    DEFAULT_SECONDS,
    MOST_SHOWN,
    Decision,
    Faulty,
    Person,
    Status,
    lines_of,
    refusal,
    repeated,
    request_of,
)


def person(email: str = "anna@example.test", *roles: Role, is_member: bool = True) -> Person:
    return Person(names=frozenset({email}), roles=frozenset(roles or {Role.APPROVER}), is_member=is_member)


def test_a_title_is_enough():
    request = request_of({"title": "Pay\n 10?"})
    assert (request.title, request.approvers, request.expires_seconds) == ("Pay 10?", (), DEFAULT_SECONDS)


def test_the_digest_covers_everything_that_is_shown_and_nothing_else():
    base = request_of({"title": "Pay?", "payload": {"amount": 10, "to": "Anna"}}).digest
    same = {"title": "Pay?", "payload": {"to": "Anna", "amount": 10}, "expiresIn": "P2D", "approvers": ["owner"]}
    assert request_of(same).digest == base
    for change in ({"title": "Pay!"}, {"payload": {"amount": 11, "to": "Anna"}}, {"summary": "x"}, {"risk": "high"}):
        assert request_of({"title": "Pay?", "payload": {"amount": 10, "to": "Anna"}} | change).digest != base


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"title": " "},
        {"title": 7},
        {"title": "x" * 301},
        {"title": "x", "risk": "none"},
        {"title": "x", "approvers": ["boss"]},
        {"title": "x", "approvers": {"role": "owner"}},
        {"title": "x", "approvers": [f"a{n}@example.test" for n in range(51)]},
        {"title": "x", "expiresIn": "soon"},
        {"title": "x", "expiresIn": "PT0S"},
        {"title": "x", "payload": "&" * MOST_SHOWN},
        {"title": "x", "payload": list(range(MOST_SHOWN))},
    ],
)
def test_what_nobody_could_decide_on_is_refused(arguments):
    with pytest.raises(Faulty):
        request_of(arguments)


def test_a_payload_is_shown_whole():
    payload = {"amount": 10, "to": {"name": "Anna", "accounts": ["a", "b"]}, "note": None, "empty": []}
    assert list(lines_of(payload)) == [
        ("amount", "10"),
        ("to.name", "Anna"),
        ("to.accounts.1", "a"),
        ("to.accounts.2", "b"),
        ("note", "null"),
        ("empty", "[]"),
    ]
    assert (list(lines_of(None)), list(lines_of("x"))) == ([], [("", "x")])


@pytest.mark.parametrize(
    ("who", "approvers", "requesters", "why"),
    [
        (person(), [], [], ""),
        (person("anna@example.test", Role.OWNER), [], ["ben@example.test"], ""),
        (person(), [], ["Anna@Example.test"], "requester"),
        (person(is_member=False), [], [], "member"),
        (person("anna@example.test", Role.DEVELOPER), [], [], "role"),
        (person("anna@example.test", Role.AUDITOR), ["anna@example.test"], [], "role"),
        (person(), ["ben@example.test"], [], "named"),
        (person(), ["owner"], [], "named"),
        (person(), ["owner", "Anna@example.test"], [], ""),
        (person(), ["approver"], [], ""),
    ],
)
def test_who_may_decide(who, approvers, requesters, why):
    assert refusal(who, approvers=approvers, requesters=requesters) == why


@pytest.mark.parametrize(
    ("present", "decision", "means"),
    [
        (Status.APPROVED, Decision.APPROVE, "first result"),
        (Status.REJECTED, Decision.REJECT, "first result"),
        (Status.APPROVED, Decision.REJECT, "opposite"),
        (Status.REJECTED, Decision.APPROVE, "opposite"),
        (Status.EXPIRED, Decision.APPROVE, "over"),
        (Status.WITHDRAWN, Decision.REJECT, "over"),
    ],
)
def test_a_second_decision(present, decision, means):
    assert repeated(present, decision) == means
