"""The form that starts a run: fields made from the schema of its input, a file where the input is the text of one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from studio.forms import ConsoleForm
from studio.samples import Sample
from studio.start_inputs import Asked

MOST_BYTES = 256 * 1024
MOST_LETTERS = 10_000


class TextFileField(forms.FileField):
    """A file whose text is the value."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The text; what cannot be used says why."""
        file: UploadedFile[bytes] | None = super().clean(data, initial)
        if not file:
            return None
        if (file.size or 0) > MOST_BYTES:
            raise ValidationError(_("This file is larger than %(most)s KB.") % {"most": MOST_BYTES // 1024})
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValidationError(_("This file is no text in UTF-8. Save it as UTF-8 and choose it again.")) from error
        if "\x00" in text:
            raise ValidationError(_("This file holds characters that no text has. Choose another one."))
        return text


class StartFieldsForm(ConsoleForm):
    """The input of a run, field by field; `cleaned_data["input"]` is the whole of it."""

    def __init__(self, *args: Any, asked: Sequence[Asked], samples: Sequence[Sample] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked, self.samples = asked, {sample.key: sample for sample in samples}
        if samples:
            own = _("My own file") if any(one.kind == "file" for one in asked) else _("My own values")
            self.fields["sample"] = forms.ChoiceField(
                label=_("Start with"),
                required=False,
                widget=forms.RadioSelect,
                choices=[("", own), *((sample.key, sample.label) for sample in samples)],
            )
        for one in asked:
            self.fields[field_name(one)] = _field(one)

    def clean(self) -> dict[str, Any]:
        """Put the input together; what a sample gives need not be typed."""
        data = super().clean() or {}
        sample = self.samples.get(data.get("sample", ""))
        found: dict[str, Any] = dict(sample.values) if sample else {}
        for one in self.asked:
            value = data.get(field_name(one))
            if value not in (None, ""):
                found[one.name] = value
            elif one.required and one.name not in found and field_name(one) not in self.errors:
                self.add_error(field_name(one), self._missing(one))
        return data | {"input": found}

    def _missing(self, one: Asked) -> str:
        if one.kind != "file":
            return _("This field is required.")
        return _("Choose a file, or start with one of the samples.") if self.samples else _("Choose a file.")


def field_name(one: Asked) -> str:
    """The name of a field in the form: names of properties are anything."""
    return f"in-{one.name}"


def _field(one: Asked) -> forms.Field:
    """A form field; whether it must be filled is looked at when everything is known."""
    words = {"label": one.label, "help_text": one.help, "required": False, "initial": one.default}
    return _FIELDS[one.kind](one, words)


def _file(one: Asked, words: Mapping[str, Any]) -> forms.Field:
    accept = {"accept": one.accept} if one.accept else {}
    return TextFileField(widget=forms.FileInput(attrs=accept), **{**words, "initial": None})


def _choice(one: Asked, words: Mapping[str, Any]) -> forms.Field:
    empty = [] if one.required else [("", "–")]
    return forms.ChoiceField(choices=[*empty, *((value, value) for value in one.choices)], **words)


def _text(one: Asked, words: Mapping[str, Any]) -> forms.Field:
    return forms.CharField(max_length=min(one.most_letters or MOST_LETTERS, MOST_LETTERS), **words)


def _whole(one: Asked, words: Mapping[str, Any]) -> forms.Field:
    least, most = (None if bound is None else int(bound) for bound in (one.least, one.most))
    return forms.IntegerField(min_value=least, max_value=most, **words)


_FIELDS: Mapping[str, Callable[[Asked, Mapping[str, Any]], forms.Field]] = {
    "file": _file,
    "choice": _choice,
    "text": _text,
    "whole": _whole,
    "number": lambda one, words: forms.FloatField(min_value=one.least, max_value=one.most, **words),
    "yes": lambda _one, words: forms.BooleanField(**words),
}
