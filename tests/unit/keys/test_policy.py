"""Model allow lists."""

from keys.domain.policy import may_use_model


def test_an_empty_list_allows_every_route() -> None:
    assert may_use_model([], "anything")


def test_a_list_allows_only_what_it_names() -> None:
    assert may_use_model(["fast"], "fast")
    assert not may_use_model(["fast"], "faster")
