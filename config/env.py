"""Typed readers of the environment: the only module that reads `os.environ`. No Django here.

Loud on bad values (the message names the variable), an empty value counts as unset, secrets and addresses with
passwords may also come from a file named by `<NAME>_FILE`. What was read once may not change afterwards: a variable set
too late would be obeyed by half of the process.
"""

import base64
import binascii
import os
from collections.abc import Collection, Mapping, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class ConfigError(ValueError):
    """A variable has a value that cannot be used; the text says which one and what is accepted."""


class LateChange(RuntimeError):
    """A variable changed after it had been read."""


class Environment:
    """Reads one mapping of variables and remembers what it answered."""

    def __init__(self, values: MutableMapping[str, str]) -> None:
        self._values = values
        self._seen: dict[str, str] = {}

    def raw(self, name: str) -> str:
        value = self._values.get(name, "")
        if self._seen.setdefault(name, value) != value:
            raise LateChange(f"{name} changed after it had been read; set it before the process starts")
        return value

    def is_set(self, name: str) -> bool:
        """Whether NAME or NAME_FILE has a value; does not count as reading it."""
        return bool(self._values.get(name) or self._values.get(f"{name}_FILE"))

    def all(self) -> dict[str, str]:
        """A copy of everything, for child processes."""
        return dict(self._values)

    def assign(self, values: Mapping[str, str]) -> None:
        """Set variables for this process and its children; refused for what was already read otherwise."""
        for name, value in values.items():
            if self._seen.get(name, value) != value:
                raise LateChange(f"{name} was already read; it can no longer be set to something else")
            self._values[name] = value

    def string(self, name: str, default: str = "", *, choices: Collection[str] = ()) -> str:
        value = self.raw(name) or default
        if choices and value not in choices:
            raise ConfigError(f"{name}={value!r}: use one of {', '.join(sorted(choices))}")
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        value = self.raw(name).strip().lower()
        if value not in _TRUE | _FALSE | {""}:
            raise ConfigError(f"{name}={value!r}: use true or false")
        return value in _TRUE if value else default

    def integer(self, name: str, default: int, *, minimum: int = 0, maximum: int = 2**63 - 1) -> int:
        text = self.raw(name).strip()
        try:
            value = int(text) if text else default
        except ValueError:
            raise ConfigError(f"{name}={text!r}: use a whole number") from None
        if not minimum <= value <= maximum:
            raise ConfigError(f"{name}={value}: use a number from {minimum} to {maximum}")
        return value

    def port(self, name: str, default: int) -> int:
        return self.integer(name, default, minimum=1, maximum=65535)

    def list(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        items = tuple(item.strip() for item in self.raw(name).split(",") if item.strip())
        return items or default

    def path(self, name: str, default: str = "") -> Path:
        """An absolute path; relative ones count from the working directory of the process."""
        return Path(self.raw(name) or default).expanduser().absolute()

    def secret(self, name: str, default: str = "") -> str:
        """The value of NAME, or the content of the file that NAME_FILE names; both at once is refused."""
        value, file = self.raw(name), self.raw(f"{name}_FILE")
        if value and file:
            raise ConfigError(f"{name} and {name}_FILE are both set; keep one")
        if not file:
            return value or default
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{name}_FILE={file!r} cannot be read: {error}") from error

    def url(self, name: str, default: str = "", *, schemes: Collection[str] = ()) -> str:
        """An address with a scheme, also from NAME_FILE; the value is never echoed, it may hold a password."""
        value = self.secret(name, default)
        scheme = urlsplit(value).scheme
        if value and (not scheme or (schemes and scheme not in schemes)):
            raise ConfigError(
                f"{name} is not usable: it must start with {' or '.join(sorted(schemes)) or 'a scheme'}://"
            )
        return value

    def key(self, name: str, *, length: int = 32) -> bytes | None:
        """A binary key in base64, also from NAME_FILE; None when unset."""
        text = self.secret(name)
        if not text:
            return None
        try:
            value = base64.b64decode(text, validate=True)
        except binascii.Error:
            value = b""
        if len(value) != length:
            raise ConfigError(f"{name} must be {length} bytes in base64 (openssl rand -base64 {length})")
        return value


environment = Environment(os.environ)

env_str = environment.string
env_bool = environment.boolean
env_int = environment.integer
env_port = environment.port
env_list = environment.list
env_path = environment.path
env_secret = environment.secret
env_url = environment.url
env_key = environment.key
env_assign = environment.assign
env_is_set = environment.is_set
env_all = environment.all
