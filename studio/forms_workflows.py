"""Forms of the workflow pages: publish, start, filter, cancel."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.forms import ConsoleForm
from studio.forms_documents import DefinitionForm, JsonField
from studio.forms_gateway import Choices, choose
from studio.labels import status_label


class PublishForm(DefinitionForm):
    """A document and who pays for its model calls."""

    unit = forms.ChoiceField(label=_("Model calls are charged to"), required=False)

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "unit", units, empty=gettext("As before; a new one: the oldest unit at the top"))


class StartForm(ConsoleForm):
    """The input of a run."""

    input = JsonField(label=_("Input"), required=False, rows=6)


class RunFilterForm(ConsoleForm):
    """What to show of the runs."""

    status = forms.ChoiceField(label=_("State"), required=False)
    ended_within = forms.TypedChoiceField(
        label=_("Ended"),
        required=False,
        choices=[("", _("At any time")), ("24", _("In the last 24 hours")), ("168", _("In the last 7 days"))],
        coerce=lambda hours: timedelta(hours=int(hours)),
        empty_value=None,
    )
    # what the page is narrowed to stays when the filter is sent again
    definition_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    event_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, statuses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "status", [(status, status_label(status)) for status in statuses], empty=gettext("All"))


class CancelForm(ConsoleForm):
    """How a run is to stop."""

    mode = forms.ChoiceField(
        label=_("What was done so far"),
        widget=forms.RadioSelect,
        choices=[("compensate", _("Undo it, the last first")), ("leave", _("Leave it as it is"))],
        initial="compensate",
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class EventFilterForm(ConsoleForm):
    """What to show of the events."""

    type = forms.CharField(label=_("Type"), max_length=300, required=False)
    source = forms.CharField(label=_("Source"), max_length=300, required=False)
    run_id = forms.UUIDField(required=False, widget=forms.HiddenInput)


class DeliveryFilterForm(ConsoleForm):
    """What to show of the deliveries; dead letters unless another state is asked for."""

    status = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, statuses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "status", [(status, status_label(status)) for status in statuses])


class DecideForm(ConsoleForm):
    """What to do about a compensation that failed."""

    effect = forms.CharField(widget=forms.HiddenInput, max_length=700)
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("retry", _("Try to undo it again")),
            ("done", _("It was undone by hand")),
            ("skip", _("Leave it as it is")),
        ],
    )
    reason = forms.CharField(label=_("Reason"), max_length=500)
