"""Uses the embedded services from a process of its own, as `make run` does.

usage: embedded_user.py DATA_DIR: says what happens, one JSON object a line; obeys lines on standard input.
"""

import json
import sys
from pathlib import Path

import psycopg

from config import embedded

PROJECT = Path(__file__).resolve().parents[3]


def main() -> None:
    data_dir = Path(sys.argv[1])
    notes: list[str] = []
    services = embedded.ensure(data_dir, durable=False, say=notes.append)
    state = json.loads((data_dir / "embedded" / "state.json").read_text())
    say({"notes": notes, "urls": services.variables() | {"ADMIN": services.admin_url}, "state": state})
    for line in sys.stdin:
        command = line.strip()
        if command == "stop":
            say({"stopped": embedded.stop(data_dir)})
        elif command == "ensure":
            embedded.ensure(data_dir, durable=False)
            say({"alive": embedded.alive(data_dir)})
        else:
            with psycopg.connect(services.admin_url, autocommit=True) as connection:
                rows = connection.execute(command.encode())
                say({"rows": rows.fetchall() if rows.description else []})


def say(message: object) -> None:
    print(json.dumps(message, default=str), flush=True)


if __name__ == "__main__":
    main()
