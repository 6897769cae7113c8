"""A Temporal Service behind TLS: what comes from somebody who may is handed on to a plain one.

python tests/end_point.py TARGET PORT CERTIFICATE KEY [AUTHORITY] serves one address, which asks for
certificates that AUTHORITY has signed where one is named. END_POINT_KEY is the API key that each
call must bear, if any. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc

_ANY_SIZE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Forwarding(grpc.GenericRpcHandler):
    """Every method of every service, as bytes: each of Temporal's has one request, one answer."""

    def __init__(self, channel: grpc.aio.Channel, api_key: str) -> None:
        self._channel, self._expected = channel, f"Bearer {api_key}" if api_key else ""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        given = dict(details.invocation_metadata or ())
        if self._expected and given.get("authorization") != self._expected:
            return grpc.unary_unary_rpc_method_handler(_refuse)
        kept = [(k, v) for k, v in given.items() if k not in ("authorization", "user-agent")]
        return grpc.unary_unary_rpc_method_handler(self._forward(details.method, kept))

    def _forward(self, method: str, metadata: list[Any]) -> Callable[..., Awaitable[bytes]]:
        async def forward(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
            call = self._channel.unary_unary(method)
            try:
                return await call(request, metadata=metadata, timeout=context.time_remaining())
            except grpc.aio.AioRpcError as error:
                trailing = tuple(error.trailing_metadata() or ())
                return await context.abort(error.code(), error.details(), trailing)

        return forward


async def _refuse(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
    # Temporal Cloud's own words for a key that it does not know.
    return await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Request unauthorized.")


async def main(target: str, port: str, certificate: str, key: str, authority: str = "") -> None:
    channel = grpc.aio.insecure_channel(target, options=_ANY_SIZE)
    server = grpc.aio.server(options=_ANY_SIZE)
    server.add_generic_rpc_handlers([Forwarding(channel, os.environ.get("END_POINT_KEY", ""))])
    credentials = grpc.ssl_server_credentials(
        [(Path(key).read_bytes(), Path(certificate).read_bytes())],
        Path(authority).read_bytes() if authority else None,
        bool(authority),
    )
    server.add_secure_port(f"127.0.0.1:{port}", credentials)
    await server.start()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(None)
    await channel.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
