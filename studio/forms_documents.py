"""Forms that take a pasted document, and boxes of JSON."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from studio.documents import ConnectorDocument, FaultLine, Faulty, connector_document, fault_lines
from studio.forms import ConsoleForm
from tenants.errors import Conflict, Invalid
from workflows.domain.faults import InvalidDefinition

MOST_CHARACTERS = 256 * 1024
CODE = {"rows": 26, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off", "wrap": "off"}


def code_box(rows: int) -> forms.Textarea:
    """A box for text that a machine reads."""
    return forms.Textarea(attrs={**CODE, "rows": rows, "class": "mono"})


class JsonField(forms.CharField):
    """One JSON value, typed in; empty is null."""

    def __init__(self, *, objects_only: bool = False, rows: int = 8, **kwargs: Any) -> None:
        self.objects_only = objects_only
        super().__init__(widget=code_box(rows), max_length=MOST_CHARACTERS, strip=True, **kwargs)

    def to_python(self, value: Any) -> Any:
        """The value; what is wrong is said with its place."""
        text = str(value or "").strip()
        if not text and not self.objects_only:
            return None
        try:
            found = json.loads(text or "{}", parse_constant=_no_constant)
        except ValueError as error:
            raise ValidationError(_unreadable(error)) from error
        except RecursionError as error:
            raise ValidationError(_("This is nested too deeply.")) from error
        if self.objects_only and not isinstance(found, dict):
            raise ValidationError(_("This must be a JSON object, such as {}."))
        return found

    def validate(self, value: Any) -> None:
        """An empty object is an answer too."""

    def run_validators(self, value: Any) -> None:
        """The size of the text is bounded by that of requests; values have none."""


class DocumentForm(ConsoleForm):
    """A pasted document; `faults` are what is wrong with it, by place."""

    document = forms.CharField(label=gettext_lazy("Document"), max_length=MOST_CHARACTERS, strip=False,
                               widget=code_box(26))  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults: list[FaultLine] = []

    def clean_document(self) -> str:
        """Lines end as they do in files."""
        return str(self.cleaned_data["document"]).replace("\r\n", "\n")

    def refuse(self, faults: list[FaultLine]) -> None:
        """Show these faults."""
        self.faults = faults
        text = ngettext("%(count)d fault was found.", "%(count)d faults were found.", len(faults))
        self.add_error("document", text % {"count": len(faults)})


class DefinitionForm(DocumentForm):
    """A workflow definition."""

    def take(self, error: Invalid | Conflict) -> None:
        """Faults of the document go into their table."""
        if isinstance(error, InvalidDefinition):
            self.refuse(fault_lines(error.faults))
        else:
            super().take(error)


class ConnectorForm(DocumentForm):
    """A connector with its operations."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.read: ConnectorDocument | None = None

    def clean(self) -> dict[str, Any]:
        """Read the document."""
        data: dict[str, Any] = super().clean() or {}
        if "document" in data:
            try:
                self.read = connector_document(data["document"])
            except Faulty as error:
                self.refuse(error.faults)
        return data

    def take(self, error: Invalid | Conflict) -> None:
        """Faults that the service found, by their place in the text."""
        if self.read is not None and isinstance(error, Invalid) and error.errors:
            self.refuse(self.read.located(error.errors))
        else:
            super().take(error)


class CallForm(ConsoleForm):
    """A call of an operation by hand."""

    input = JsonField(label=gettext_lazy("Input"), objects_only=True)
    idempotency_key = forms.CharField(
        label=gettext_lazy("Idempotency key"),
        max_length=200,
        help_text=gettext_lazy("The same key never has a second effect. Sending again with it is safe."),
    )

    def __init__(self, *args: Any, is_write: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_write:
            del self.fields["idempotency_key"]


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _unreadable(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        place = {"line": error.lineno, "column": error.colno}
        return _("This is not JSON: line %(line)d, column %(column)d.") % place
    return _("This is not JSON.")
