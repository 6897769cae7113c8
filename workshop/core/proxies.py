"""Proxies of this machine: the practice model is on loopback, and no proxy is asked for it."""

from __future__ import annotations

from collections.abc import MutableMapping

_HERE = ("127.0.0.1", "localhost", "::1")


def loopback_directly(environment: MutableMapping[str, str]) -> None:
    """Let HTTP clients of this process reach loopback addresses without a proxy.

    httpx, with which LiteLLM asks, takes `[::1]` in NO_PROXY for an address with a bad port, and
    then makes no request at all; so brackets go, and this machine's own addresses are added.

    https://www.python-httpx.org/environment_variables/
    """
    for name in ("NO_PROXY", "no_proxy"):
        given = environment.get(name)
        if given is None and not (name == "NO_PROXY" and used(environment)):
            continue
        hosts = [host.strip().strip("[]") for host in (given or "").split(",") if host.strip()]
        if "*" not in hosts:
            hosts += [host for host in _HERE if host not in hosts]
        environment[name] = ",".join(hosts)


def used(environment: MutableMapping[str, str], kind: str = "") -> str:
    """The variable that names a proxy (whose address begins with `kind`), such as HTTPS_PROXY."""
    names = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")
    for name in (*names, *map(str.lower, names)):
        proxy = environment.get(name, "").strip().lower()
        if proxy and proxy.startswith(kind):
            return name
    return ""
