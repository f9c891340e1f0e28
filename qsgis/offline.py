"""Nothing leaves the machine: imports of libraries that would feel for the network are done without that."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_probe() -> Iterator[None]:
    """While it lasts, libraries see a machine without IPv6.

    urllib3 (folium and osmnx bring it) opens a socket when it is imported, to try whether ::1 can be bound; where
    Python says that there is no IPv6, it does not. We open no socket at run time, and this one neither.
    """
    had, socket.has_ipv6 = socket.has_ipv6, False
    try:
        yield
    finally:
        socket.has_ipv6 = had
