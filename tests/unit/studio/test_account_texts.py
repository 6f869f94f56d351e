"""Sign-in forms speak Vietnamese although allauth does not."""

import pytest
from django.utils.translation import gettext, override

from studio.account_texts import TEXTS


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_of_the_forms_is_translated(text: str) -> None:
    with override("vi"):
        assert gettext(text) != text
