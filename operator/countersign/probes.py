"""/healthz, /readyz and /metrics, on every replica, leading or not."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from countersign.metrics import PrometheusMeter

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


async def serve_probes(
    *, host: str, port: int, meter: PrometheusMeter, ready: Callable[[], str | None]
) -> web.AppRunner:
    """Start the server; ``ready`` says what is missing, or None. The caller cleans it up."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        missing = ready()
        if missing is not None:
            return web.Response(text=f"{missing}\n", status=503)
        return web.Response(text="ok\n")

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=meter.page(), headers={"Content-Type": _PROMETHEUS})

    app = web.Application()
    app.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
    )
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
