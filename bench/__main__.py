"""`python -m bench [NAME ...]`: run the benchmarks, all of them without names."""

import sys
from collections.abc import Callable

from bench.difficulty import run as difficulty
from bench.engine import run as engine
from bench.gateway import run as gateway
from bench.ledger import run as ledger
from bench.report import print_figures, write_figures

BENCHMARKS: dict[str, Callable[[], list[dict[str, object]]]] = {
    "gateway": gateway.run,
    "ledger": ledger.run,
    "engine": engine.run,
    "difficulty": difficulty.run,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks; 2 for an unknown name, 1 when a figure stays below its `at_least`."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"unknown benchmark {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}\n")
        return 2
    missed = 0
    for name in names or BENCHMARKS:
        write_figures(name, [])
        figures = BENCHMARKS[name]()
        write_figures(name, figures)
        missed += print_figures(name, figures)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
