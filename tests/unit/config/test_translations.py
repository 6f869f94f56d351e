"""Catalogues: texts are found in both kinds of source, and gaps are named."""

import polib
import pytest

from config import translations


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(translations, "PROJECT", tmp_path)
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "locale")
    (tmp_path / "templates").mkdir()
    (tmp_path / "studio").mkdir()
    return tmp_path


def found(project):
    return {message.msgid for message in translations.extract().values()}


def test_texts_come_from_templates_and_python(project):
    (project / "templates" / "a.html").write_text("{% load i18n %}<p>{% translate 'Keys' %}</p>")
    (project / "studio" / "b.py").write_text("title = _('Limits')\n")
    assert found(project) == {"Keys", "Limits"}


def test_a_plural_keeps_both_forms(project):
    text = "{% blocktranslate count n=x %}{{ n }} key{% plural %}{{ n }} keys{% endblocktranslate %}"
    (project / "templates" / "a.html").write_text("{% load i18n %}" + text)
    (message,) = translations.extract().values()
    assert (message.msgid, message.plural) == ("%(n)s key", "%(n)s keys")


def test_updating_keeps_translations_and_drops_what_is_gone(project):
    source = project / "studio" / "b.py"
    source.write_text("_('Keys'), _('Gone')\n")
    translations.update("vi")
    catalogue = polib.pofile(str(translations.catalogue("vi")))
    catalogue.find("Keys").msgstr = "Khóa"
    catalogue.save()
    source.write_text("_('Keys'), _('New')\n")
    translations.update("vi")
    kept = {entry.msgid: entry.msgstr for entry in polib.pofile(str(translations.catalogue("vi")))}
    assert kept == {"Keys": "Khóa", "New": ""}


@pytest.mark.parametrize(
    ("msgstr", "fault"), [("", "not translated"), ("Tên", "placeholders differ"), ("%(name)s đây", "")]
)
def test_a_gap_is_named(project, msgstr, fault):
    (project / "studio" / "b.py").write_text("_('Hello %(name)s')\n")
    translations.update("vi")
    catalogue = polib.pofile(str(translations.catalogue("vi")))
    catalogue[0].msgstr = msgstr
    catalogue.save()
    assert [fault in problem for problem in translations.problems("vi")] == ([True] if fault else [])
