"""Why a Temporal Service that the user names does not let us in, in words.

The SDK gives the reasons of the libraries below it, each with a name in a long text.
"""

from __future__ import annotations

import asyncio
import re

from temporalio.service import RPCError

from workshop.core.settings import Settings
from workshop.core.temporal_config import MORE

_CA = "TEMPORAL_TLS_SERVER_CA_CERT_PATH (server_ca_cert_path in a file of profiles)"
_CLIENT = "TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH"
_PLAIN = (
    "If it speaks no TLS, take the key and the other TLS settings away, or set TEMPORAL_TLS=false."
)

# What the text has in it, what that means, what to do. The first that fits is told.
_REASONS = (
    (
        "dns error|invalid target|domain name",
        "Nobody knows a host of the name in {address}, which {by} names.",
        "Correct the host in {by}. Without internet no Service elsewhere is reached.",
    ),
    (
        "ConnectionRefused|tcp connect error",
        "No Temporal Service answers at {address}, which {by} names.",
        "Start that service, or correct the address in {by}. Without an address (an empty "
        "TEMPORAL_ADDRESS in .env) the workshop starts a service of its own.",
    ),
    (
        r"InvalidMessage\(",
        "What answers at {address} speaks no TLS, and TLS is configured ({guarded}).",
        f"{_PLAIN} An API key turns TLS on.",
    ),
    (
        r"InvalidCertificate\((UnknownIssuer|BadSignature|CaUsed)",
        "The certificate of {address} is signed by an authority that this machine does not know.",
        f"Name the file of that authority in {_CA}.",
    ),
    (
        r"InvalidCertificate\((Expired|NotValidYet)",
        "The certificate of {address} has expired, or is not valid yet.",
        "The person who runs that Service must renew it. Look at this machine's clock, too.",
    ),
    (
        r"InvalidCertificate\(NotValidForName",
        "The certificate of {address} is for another name.",
        "Write the name that the certificate has into {by}, or into TEMPORAL_TLS_SERVER_NAME.",
    ),
    (
        "fatal alert: CertificateExpired",
        "Your client certificate for {address} has expired.",
        f"Get a new one, and name it in {_CLIENT}.",
    ),
    (
        "fatal alert: CertificateRequired",
        "The Service at {address} asks for a client certificate, and none is configured.",
        f"Name its files in {_CLIENT}.",
    ),
    (
        "fatal alert",
        "The Service at {address} does not accept your client certificate.",
        f"Name the right one in {_CLIENT}.",
    ),
    (
        "PrivateKeyParseError|InconsistentKeys|CertificateParseError|both client cert",
        "The files of the client certificate do not fit together, or hold something else.",
        f"Name a certificate and its own key, both as PEM, in {_CLIENT}.",
    ),
    (
        "(?i)unauthenticated|permission ?denied|unauthorized",
        "The Service at {address} does not let us in: {key}.",
        "Set TEMPORAL_API_KEY to a key that is valid for this Service and for its namespace.",
    ),
)
_CLOSED = "transport error|connection closed|UnexpectedEof|ConnectionReset|BrokenPipe"


def why(error: BaseException, settings: Settings) -> tuple[str, str]:
    """What is wrong, and what to do. The sentences hold no key."""
    found = settings.connection
    text = found.without_key(str(error))
    if isinstance(error, RPCError):
        text = f"{error.status.name} {text}"
    key = "it refuses the API key" if "API key" in found.guarded else "it asks for an API key"
    words = {
        "address": settings.temporal_address,
        "by": found.named_by,
        "guarded": found.guarded,
        "key": key,
    }
    if isinstance(error, asyncio.TimeoutError):
        text = "ConnectionRefused"  # a firewall says nothing at all
    for pattern, saw, do in (*_REASONS, (_CLOSED, *_closed(found.guarded))):
        if re.search(pattern, text):
            return saw.format(**words), do.format(**words)
    return (
        f"{settings.temporal_address}, which {found.named_by} names, does not answer as a Temporal "
        f"Service does: {text.splitlines()[0][:200]}",
        f"Correct the address. {MORE}",
    )


def _closed(guarded: str) -> tuple[str, str]:
    """It hung up without a word: what it may have missed."""
    if "client certificate" in guarded:
        missed = "It may not accept your client certificate: expired, or of another authority"
        return f"{{address}} closed the connection. {missed}.", f"Look at {_CLIENT}."
    if guarded:
        missed = "It may ask for a client certificate, and none is configured"
        return f"{{address}} closed the connection. {missed}.", f"Name its files in {_CLIENT}."
    missed = "It may ask for TLS, and none is configured"
    return (
        f"{{address}} closed the connection. {missed}.",
        f"Set TEMPORAL_API_KEY, or TEMPORAL_TLS=true, or {_CLIENT}. {MORE}",
    )
