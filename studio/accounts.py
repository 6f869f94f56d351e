"""How django-allauth behaves here: no open sign-up (invitations only), mails leave through the queue."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage
from django.http import HttpRequest

from tenants.queue import enqueue


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Invitation-only accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People join by invitation; see `tenants.services.invitation_accept`."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render here, in the reader's language; send in a worker, so that a slow mail server delays no page."""
        message: EmailMessage = self.render_mail(template_prefix, email, context)
        arguments = {"subject": message.subject, "body": message.body, "to": list(message.to)}
        enqueue("tenants.mail_send", None, arguments)
