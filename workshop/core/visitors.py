"""Who may ask a server of ours on loopback: programs of this machine, and its own pages.

A page on the internet can make a reader's browser ask loopback for something. Such a question is
known by its Host (a name of another site that leads to 127.0.0.1) or by its Origin.
https://developer.mozilla.org/docs/Web/Security/Attacks/DNS_rebinding
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Visitors:
    """The names that the server on this port answers to."""

    def __init__(self, port: int) -> None:
        self.hosts = {f"{name}:{port}" for name in _NAMES}
        self.origins = {f"http://{host}" for host in self.hosts}
        # In Codespaces its own address leads here as well, to its owner alone.
        self.hosts.add(urlsplit(address(port)).netloc)
        self.origins.add(address(port))

    def asks_for_us(self, headers: Mapping[str, str]) -> bool:
        """Whether a request names this server, and not another site that leads to it."""
        return headers.get("Host", "").lower() in self.hosts

    def comes_from_us(self, origin: str) -> bool:
        """Whether an Origin is a page of this server."""
        return origin.lower() in self.origins

    def refusal(self, headers: Mapping[str, str]) -> str:
        """Why a request of a program or page is refused, as a sentence; empty for one of ours."""
        if not self.asks_for_us(headers):
            return "This server answers to its own address alone, on this machine."
        if not self.comes_from_us(headers.get("Origin") or min(self.origins)):
            return "This request came from a page of another site."
        return ""


def address(port: int) -> str:
    """A server's address as this person's browser reaches it: local, or in Codespaces."""
    if codespace := os.environ.get("CODESPACE_NAME"):
        domain = os.environ.get("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "app.github.dev")
        return f"https://{codespace}-{port}.{domain}"
    return f"http://127.0.0.1:{port}"
