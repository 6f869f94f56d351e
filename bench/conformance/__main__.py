"""`python -m bench.conformance [NAME ...]`: run the outside suites, all of them without names."""

import json
import sys
from collections.abc import Callable

from bench.conformance.dsl import run as dsl
from bench.report import RESULTS

Case = dict[str, str]
SUITES: dict[str, Callable[[], list[Case]]] = {"dsl": dsl.run}


def main(names: list[str]) -> int:
    """Run the named suites; 2 for an unknown name, 1 when a case fails or nothing ran."""
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        sys.stderr.write(f"unknown suite {', '.join(unknown)}; known: {', '.join(SUITES)}\n")
        return 2
    return max(_suite(name) for name in names or SUITES)


def _suite(name: str) -> int:
    file = RESULTS / f"conformance-{name}.json"
    RESULTS.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    cases = SUITES[name]()
    file.write_text(json.dumps(cases, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for one in cases:
        sys.stdout.write(f"{one['result']:6}{one['case']}{': ' + one['detail'] if one['detail'] else ''}\n")
    count = {word: sum(one["result"] == word for one in cases) for word in ("pass", "fail", "skip")}
    sys.stdout.write(f"{name}: {count['pass']} passed, {count['fail']} failed, {count['skip']} skipped\n")
    return 1 if count["fail"] or not count["pass"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
