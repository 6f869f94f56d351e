"""The form of a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.domain import key_format

SECRET = key_format.compose_secret(bytes(range(32)))


@given(st.binary(min_size=32, max_size=48))
def test_every_composed_secret_is_well_formed(random: bytes) -> None:
    assert key_format.is_well_formed(key_format.compose_secret(random))


def test_the_same_bytes_give_the_same_secret() -> None:
    assert key_format.compose_secret(bytes(range(32))) == SECRET


@pytest.mark.parametrize("position", range(len(key_format.PREFIX), key_format.LENGTH))
def test_one_changed_character_anywhere_is_noticed(position: int) -> None:
    other = "z" if SECRET[position] != "z" else "y"
    assert not key_format.is_well_formed(SECRET[:position] + other + SECRET[position + 1 :])


@pytest.mark.parametrize(
    "text", ["", "sk-orc-", SECRET[:-1], SECRET + "0", SECRET.replace("sk-orc-", "sk-abc-"), SECRET[:-1] + "é"]
)
def test_garbage_is_refused(text: str) -> None:
    assert not key_format.is_well_formed(text)


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="random bytes"):
        key_format.compose_secret(b"short")


def test_what_is_shown_does_not_give_the_secret_away() -> None:
    shown = key_format.shown_prefix(SECRET) + key_format.last4(SECRET)
    assert len(shown) - len(key_format.PREFIX) == 8
    assert key_format.last4(SECRET) in SECRET
    assert len(key_format.digest(SECRET)) == 32
