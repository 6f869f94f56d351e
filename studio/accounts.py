"""How django-allauth behaves here: no open sign-up (invitations only), mails leave through the queue."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage
from django.http import HttpRequest

from tenants.mail import mail_write


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Invitation-only accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People join by invitation; see `tenants.services.invitation_accept`."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render here, in the reader's language; send in a worker, so that a slow mail server delays no page."""
        message: EmailMessage = self.render_mail(template_prefix, email, context)
        for to in message.to:
            mail_write(to=to, subject=str(message.subject), body=str(message.body))
