"""The words of pattern drawings and of their text twin, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from studio.diagrams.graph import Words


def words() -> Words:
    """The words in the language that is active now."""
    return Words(
        event=_("evt"),
        undo=_("undo"),
        diagram=_("Diagram: %(title)s, %(count)d elements"),
        call=_("%(source)s → %(target)s, call: %(label)s (%(protocol)s)."),
        reply=_("%(source)s → %(target)s, reply: %(label)s (%(protocol)s)."),
        event_sentence=_("%(source)s → %(target)s, event: %(label)s (%(protocol)s)."),
        compensation=_("%(source)s → %(target)s, undo: %(label)s (%(protocol)s)."),
        node=_("%(label)s: %(service)s."),
        unmatched=_("%(label)s: %(service)s, no close equivalent."),
        states={
            "idle": _("idle"),
            "active": _("working"),
            "waiting": _("waiting"),
            "done": _("done"),
            "failed": _("failed"),
            "undone": _("undone"),
            "hit": _("known already"),
            "won": pgettext("model", "answers"),
        },
    )


def kind_words() -> dict[str, str]:
    """What each kind of line is called in tables."""
    return {"call": _("call"), "reply": _("reply"), "event": _("event"), "compensation": _("undo")}


def fit_words() -> dict[str, str]:
    """How close a service comes."""
    return {"native": _("native"), "emulated": _("emulated"), "none": _("no close equivalent")}
