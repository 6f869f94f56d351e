"""Which due things the sweeper hints at: each once for each moment, and again when nobody took it up."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from workflows.sweeping import REPEAT_SECONDS, Hinter

TENANT, RUN = UUID(int=1), UUID(int=2)
AT = datetime(2031, 1, 1, tzinfo=UTC)


def test_the_same_moment_is_not_hinted_at_again_too_soon():
    hinter = Hinter()
    assert hinter.fresh([(TENANT, RUN, AT)], 100.0)
    assert not hinter.fresh([(TENANT, RUN, AT)], 101.0)
    assert hinter.fresh([(TENANT, RUN, AT)], 100.0 + REPEAT_SECONDS)


def test_the_next_timer_of_a_run_is_another_moment():
    hinter = Hinter()
    hinter.fresh([(TENANT, RUN, AT)], 100.0)
    assert hinter.fresh([(TENANT, RUN, AT + timedelta(seconds=0.3))], 100.5)
