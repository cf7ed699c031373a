"""The door of what goes on: a small ASGI process that tells a person's open pages when there is something new.

A page opens `/streams/me` as an EventSource with its session cookie. It receives no data, only the hint to load again,
so that what may be seen is decided in one place, the page itself. A mandate that ended meanwhile still gets hints
until the stream is opened anew, and a page that refuses.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from importlib import import_module
from uuid import UUID

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bocage.settings")
django.setup()

from asgiref.sync import sync_to_async  # noqa: E402 - settings come first
from django.conf import settings  # noqa: E402
from django.contrib.auth import SESSION_KEY  # noqa: E402
from django.db import DatabaseError, close_old_connections  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.middleware.cors import CORSMiddleware  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402

from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY  # noqa: E402
from bocage.kernel.events import touched  # noqa: E402

LISTENERS_MAX = 5_000
LISTENERS_A_SUBJECT_MAX = 8
HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 0.3
LOST_SECONDS = 2.0
LIFE_SECONDS = 60 * 60

_listeners: dict[UUID, set[asyncio.Event]] = {}
_nudges: list[psycopg.Connection[tuple[object, ...]]] = []


async def me(request: Request) -> Response:
    """Hints for the person signed in, or for whom she acts."""
    subject = await sync_to_async(_subject_of)(request.cookies.get(settings.SESSION_COOKIE_NAME, ""))
    if subject is None:
        return PlainTextResponse("Sign in first.", status_code=401)
    mine = _listeners.setdefault(subject, set())
    if len(mine) >= LISTENERS_A_SUBJECT_MAX or sum(map(len, _listeners.values())) >= LISTENERS_MAX:
        return PlainTextResponse("Too many open streams; close a page.", status_code=429)
    return StreamingResponse(
        _hints(subject),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def live(request: Request) -> Response:
    """200 as long as the process answers."""
    return JSONResponse({"status": "live"})


async def _hints(subject: UUID) -> AsyncIterator[str]:
    news = asyncio.Event()
    _listeners.setdefault(subject, set()).add(news)
    try:
        yield "retry: 3000\n\n"
        ends = asyncio.get_running_loop().time() + LIFE_SECONDS
        while asyncio.get_running_loop().time() < ends:
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            news.clear()
            yield "event: news\ndata: {}\n\n"
    finally:
        mine = _listeners.get(subject, set())
        mine.discard(news)
        if not mine:
            _listeners.pop(subject, None)


def _subject_of(session_key: str) -> UUID | None:
    if not session_key:
        return None
    close_old_connections()
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    person, acting_for = store.get(SESSION_KEY), store.get(ACTING_FOR_SESSION_KEY)
    return UUID(acting_for or person) if person else None


def _news_after(position: int | None) -> tuple[int, set[UUID]]:
    close_old_connections()
    settled = touched.settled_position()
    if position is None or settled <= position:
        return settled, set()
    return settled, touched.subjects_between(position, settled)


def _nudged() -> set[UUID]:
    """Who was nudged since the last look, on a connection that is opened with the first listener."""
    if not _nudges:
        _nudges.append(touched.listening())
    try:
        return touched.nudged(_nudges[0])
    except psycopg.Error:
        _hang_up()
        raise


def _hang_up() -> None:
    while _nudges:
        _nudges.pop().close()


async def _watch() -> None:
    """Look at the log while anybody listens, and wake those whom the new events are about, and who was nudged."""
    position: int | None = None
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not _listeners:
            position = None
            if _nudges:
                await sync_to_async(_hang_up)()
            continue
        try:
            position, subjects = await sync_to_async(_news_after)(position)
            _wake(subjects)
            _wake(await sync_to_async(_nudged)())
        except (DatabaseError, psycopg.Error):
            await asyncio.sleep(LOST_SECONDS)


def _wake(subjects: set[UUID]) -> None:
    for subject in subjects & _listeners.keys():
        for news in _listeners[subject]:
            news.set()


@contextlib.asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    watcher = asyncio.create_task(_watch())
    try:
        yield
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
        await sync_to_async(_hang_up)()


application = Starlette(
    routes=[Route("/streams/me", me), Route("/health/live", live)],
    lifespan=_lifespan,
    middleware=[
        Middleware(CORSMiddleware, allow_origins=[settings.PUBLIC_URL], allow_credentials=True, allow_methods=["GET"])
    ],
)
