"""Mails are rows until the server has them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from tenants import failpoints
from tenants.mail import mail_deliver, mail_hint_due, mail_write
from tenants.models import OutgoingMail

pytestmark = pytest.mark.django_db


class Away:
    """A mail server that does not answer: a real back end of Django's interface."""

    def __init__(self, *args, **kwargs):
        pass

    def send_messages(self, messages):
        raise ConnectionRefusedError


@pytest.fixture
def no_failpoints():
    yield
    failpoints.configure("", environment="test")


def test_a_mail_leaves_once():
    written = mail_write(to="a@example.test", subject="Hello\nworld", body="text")
    assert [mail_deliver(written.id), mail_deliver(written.id)] == [True, False]
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [(["a@example.test"], "Hello world")]
    assert not OutgoingMail.objects.exists()


def test_a_mail_that_the_server_does_not_take_stays_and_is_due_later(settings):
    written = mail_write(to="a@example.test", subject="s", body="b")
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    with pytest.raises(OSError):
        mail_deliver(written.id)
    waiting = OutgoingMail.objects.get()
    assert (waiting.attempts, waiting.due_at > timezone.now()) == (1, True)


def test_the_sweeper_hints_at_mails_whose_hint_was_lost():
    mail_write(to="a@example.test", subject="s", body="b")
    assert mail_hint_due() == 1


def test_a_mail_that_somebody_is_sending_is_left_alone():
    written = mail_write(to="a@example.test", subject="s", body="b")
    OutgoingMail.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    assert not mail_deliver(written.id)
    assert mail_hint_due() == 0


def test_a_mail_that_is_sent_twice_has_one_id(no_failpoints):
    """A worker that dies between sending and noting it leaves the mail due again."""
    written = mail_write(to="a@example.test", subject="s", body="b")
    failpoints.configure("mail.send.after=raise", environment="test")
    with pytest.raises(failpoints.FailpointError):
        mail_deliver(written.id)
    failpoints.configure("", environment="test")
    OutgoingMail.objects.update(due_at=timezone.now())
    assert mail_deliver(written.id)
    first, second = (letter.message()["Message-ID"] for letter in mail.outbox)
    assert first == second
