"""`manage.py translations`: brings the catalogues in line with the sources, or checks that they are complete."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import translations


class Command(BaseCommand):
    help = "Update and compile the message catalogues; with --check only say what is missing."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail where a text is not translated")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            for language in translations.LANGUAGES:
                translations.update(language)
            translations.compile_all()
        found = [problem for language in translations.LANGUAGES for problem in translations.problems(language)]
        for problem in found:
            self.stderr.write(problem)
        if found and options["check"]:
            raise CommandError(f"{len(found)} problems; run manage.py translations, then fill in the empty texts")
        self.stdout.write(f"catalogues: {len(found)} texts to translate" if found else "catalogues are complete")
