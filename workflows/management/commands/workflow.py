"""`manage.py workflow`: check a definition, say where it can run, or run one from a file."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.errors import OrchestrationError
from tenants.scope import Scope, system_scope, tenant_tx, use_scope
from tenants.selectors import tenant_list
from workflows.access import access_run
from workflows.domain.faults import InvalidDefinition
from workflows.engine import run_drive
from workflows.models import Run
from workflows.platforms.configured import plan_report_to_json
from workflows.platforms.contract import PlatformReport, Verdict
from workflows.platforms.registry import platforms
from workflows.platforms.reporting import report_to_json, reports
from workflows.services import definition_check, definition_publish, deliver_due, run_start
from workflows.statuses import FINAL, RunStatus

FAULTY = 2
LOOK_SECONDS = 0.1


class Command(BaseCommand):
    help = "Check a workflow definition, or publish and run one."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        validate = commands.add_parser("validate", help="name the faults of a document")
        run = commands.add_parser("run", help="publish a document if it is new, and start a run of it")
        report = commands.add_parser("report", help="say what each platform makes of a document")
        for one in (validate, run, report):
            one.add_argument("file", help="a definition in YAML or JSON; - is standard input")
            one.add_argument("--json", action="store_true", help="answer in JSON")
        report.add_argument("--platform", choices=list(platforms()), default="", help="only this one")
        run.add_argument("--tenant", required=True, help="short name of the tenant")
        run.add_argument("--input", help="a file with the input in JSON; - is standard input")
        run.add_argument("--wait", action="store_true", help="work on the run here until it is over")
        run.add_argument("--timeout", type=float, default=0.0, help="seconds to wait at most; 0 = no limit")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            known = {"validate": self._validate, "report": self._report, "run": self._run}
            status = known[options["command"]](options)
        except InvalidDefinition as error:
            self._faults(error, options)
            status = FAULTY
        except OrchestrationError as error:
            raise CommandError(error.message) from error
        if status:
            sys.exit(status)

    def _validate(self, options: dict[str, Any]) -> int:
        checked = definition_check(_read(options["file"]))
        plan = checked.plan
        name = f"{plan.namespace}/{plan.name}@{plan.version}"
        self._say(options, f"{name} is valid, {checked.tasks} tasks.", {"valid": True, "definition": name})
        return 0

    def _report(self, options: dict[str, Any]) -> int:
        """Status 1 says that the platform asked for refuses something."""
        plan = definition_check(_read(options["file"])).plan
        found = reports(plan, options["platform"])
        self._say(options, "\n\n".join(_told(one) for one in found), plan_report_to_json(plan, found))
        return int(bool(options["platform"]) and found[0].verdict == Verdict.REFUSED)

    def _run(self, options: dict[str, Any]) -> int:
        source, input_ = _read(options["file"]), _input(options["input"])
        tenant = tenant_list().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"there is no tenant {options['tenant']!r}")
        scope = system_scope(tenant.pk, "manage.py workflow")
        with tenant_tx(scope):
            version = definition_publish(source)
            run = run_start(definition=f"{version.definition}@{version.version}", input=input_)
        if options["wait"]:
            run = _wait(scope, run, options["timeout"])
        shown = {"run_id": str(run.pk), "status": run.status, "output": run.output, "error": run.error}
        self._say(options, f"{run.pk} {run.status} {json.dumps(run.error or run.output)}", shown)
        return 0 if run.status == RunStatus.COMPLETED or not options["wait"] else 1

    def _faults(self, error: InvalidDefinition, options: dict[str, Any]) -> None:
        text = "\n".join(str(fault) for fault in error.faults)
        self._say(options, text, {"valid": False, "faults": error.data["faults"]})

    def _say(self, options: dict[str, Any], text: str, data: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(data) if options["json"] else text)


def _told(found: PlatformReport) -> str:
    """A report as text: the platform, then a line for each task and note."""
    said = report_to_json(found)
    lines = [f"{found.platform.name} {found.platform.service}: {found.verdict}"]
    for task in said["tasks"]:
        lines.append(f"  {task['verdict']:9} {task['pointer']}  {task['reason']}{_because(task)}")
    for note in said["notes"]:
        lines.append(f"  {note['verdict']:9} {note['title']}  {note['code']}{_because(note)}")
    return "\n".join(lines)


def _because(said: dict[str, Any]) -> str:
    limit = said["limit"]
    found = "" if limit is None or limit["found"] is None else f"{limit['found']:g} of "
    bound = f"{limit['title']}: {found}{limit['value']} {limit['unit']}" if limit else ""
    reasons = [text for text in (said["how"], bound) if text]
    return f" ({' '.join(reasons)})" if reasons else ""


def _wait(scope: Scope, run: Run, timeout: float) -> Run:
    """Drive the run and make its tenant's deliveries here, beside whatever workers there are, until it is over."""
    until = time.monotonic() + timeout if timeout else float("inf")
    while True:
        with use_scope(scope):
            worked = run_drive(run.pk)
            worked = bool(deliver_due()) or worked
        with tenant_tx(scope):
            found = access_run(run.pk)
        if found.status in FINAL or time.monotonic() > until:
            return found
        if not worked:
            time.sleep(LOOK_SECONDS)


def _input(name: str | None) -> Any:
    if name is None:
        return None
    try:
        return json.loads(_read(name))
    except ValueError as error:
        raise CommandError(f"{name} is not JSON: {error}") from error


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(str(error)) from error
