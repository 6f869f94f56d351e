"""Small signs inside diagrams, each one path on a 12 by 12 grid: what a node is, and what state it is in."""

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "client": "M3.5 .75h5v10.5h-5zM5.25 9.25h1.5",
    "hub": "M6 3.5V6M6 6H2.5v2.5M6 6h3.5v2.5M4.5 .75h3v2.75h-3zM1 8.5h3v2.75H1zM8 8.5h3v2.75H8z",
    "router": "M.75 6h3.5C7 6 6.5 2.5 11 2.5M4.25 6C7 6 6.5 9.5 11 9.5M9 .75l2.25 1.75L9 4.25M9 7.75l2.25 1.75L9 11.25",
    "ai": "M6 .75L7.4 4.6l3.85 1.4-3.85 1.4L6 11.25 4.6 7.4.75 6l3.85-1.4z",
    "adapter": "M.75 6H3M3 3.25h2.25v5.5H3zM6.75 3.25H9v5.5H6.75zM9 6h2.25",
    "core": "M.75 11.25h10.5M2 11V5M4.65 11V5M7.35 11V5M10 11V5M.75 4.5h10.5L6 .75z",
    "store": "M1.5 2.5C1.5 .2 10.5 .2 10.5 2.5S1.5 4.8 1.5 2.5v7c0 2.3 9 2.3 9 0v-7M1.5 6c0 2.3 9 2.3 9 0",
    "bus": "M.75 6h10.5M3 6V2M6 6v4M9 6V2M3 .75v.1M6 11.15v.1M9 .75v.1",
    "worker": "M6 3.75a2.25 2.25 0 1 0 0 4.5a2.25 2.25 0 1 0 0-4.5M6 .75v1.5M6 9.75v1.5M.75 6h1.5M9.75 6h1.5"
    "M2.3 2.3l1 1M8.7 8.7l1 1M2.3 9.7l1-1M8.7 3.3l1-1",
    "person": "M6 .75a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M1.25 11.25C1.25 6 10.75 6 10.75 11.25z",
}  # fmt: skip
STATES: Final[Mapping[str, str]] = {
    "idle": "",
    "active": "M3.5 2l6 4-6 4z",
    "waiting": "M6 1.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 1 0 0-9.5M6 3.25V6l2 1.25",
    "done": "M1.75 6.5l3 3 5.5-7",
    "failed": "M2.25 2.25l7.5 7.5M9.75 2.25l-7.5 7.5",
    "undone": "M4.25 1.5L1.5 4.25 4.25 7M1.75 4.25H7.5c4 0 4 6 0 6H5",
    "won": "M6 1l1.5 3.4 3.5.4-2.6 2.4.7 3.6L6 9l-3.1 1.8.7-3.6L1 4.8l3.5-.4z",
    "hit": "M6.75 .75L2.25 6.75H5.5l-.75 4.5 5-6.5H6.25z",
}
