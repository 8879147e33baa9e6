"""The ClickHouse HTTP interface over an engine in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from store.answers import Rows, Runner, Statement
from store.bodies import SpooledBody, chosen_encoding, compressor
from store.credentials import Passwords, User
from store.engine import Counts
from store.errors import FULL_DISK, QueryFailed
from store.requests import Asked, asked, authenticated

Result = TypeVar("Result")

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

# As ClickHouse maps its codes; never 429, 503 or 504, on which clients repeat a request by themselves.
_STATUS = {516: 403, 164: 403, 497: 403, 307: 413, 159: 408, 48: 501, 47: 404, 46: 404, 60: 404, 81: 404, 202: 500}
_CLIENT_FAULT = frozenset({6, 26, 27, 33, 36, 38, 41, 53, 62, 69, 72, 115, 117, 130, 131, 302, 432, 456, 457})

_READONLY_CODE = 164
_NO_SPACE_CODE = 243
_NO_FILE_CODE = 76
_POLL_SECONDS = 0.5


class AnswerBroken(Exception):
    """A query failed after the first of its rows had left; carries ClickHouse's code."""


class Server:
    """What answers requests: the runner of queries, and who may ask."""

    def __init__(
        self, runner: Runner, passwords: Passwords, *, readers: Executor, workers: Executor, spool: Path
    ) -> None:
        self._runner = runner
        self._passwords = passwords
        self._readers = readers
        self._workers = workers
        self._spool = spool
        self.requests_under_way = 0
        self.requests_begun = 0

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[Route("/ping", self._ping, methods=["GET"]), Route("/", self._query, methods=["GET", "POST"])]
        )

    async def _ping(self, request: Request) -> Response:
        return Response("Ok.\n") if _from_loopback(request) else _misdirected()

    async def _query(self, request: Request) -> Response:
        self.requests_begun += 1
        self.requests_under_way += 1
        try:
            return await self._answered(request)
        except QueryFailed as failure:
            return _failed(failure)
        except OSError as error:
            return _failed(self._spool_failure(error))
        finally:
            self.requests_under_way -= 1

    def _spool_failure(self, error: OSError) -> QueryFailed:
        """What a full disk, above all, has to say to whoever asked."""
        full = error.errno in FULL_DISK
        code, name = (_NO_SPACE_CODE, "NOT_ENOUGH_SPACE") if full else (_NO_FILE_CODE, "CANNOT_OPEN_FILE")
        return QueryFailed(f"Code: {code}. DB::Exception: {self._spool}: {error.strerror}. ({name})", code=code)

    async def _answered(self, request: Request) -> Response:
        if not _from_loopback(request):
            return _misdirected()
        user = authenticated(request, self._passwords)
        question = await asked(request)
        body = SpooledBody(self._spool)
        try:
            if not question.is_form:
                await body.fill(request.stream(), request.headers.get("content-encoding", ""))
            return await self._run(request, question, user, body)
        finally:
            body.close()

    async def _run(self, request: Request, question: Asked, user: User, body: SpooledBody) -> Response:
        wanted = await self._in(self._workers, lambda: self._runner.statement(question, body))
        if request.method == "GET" and not wanted.gives_rows:
            raise QueryFailed("Code: 164. DB::Exception: use POST to change something. (READONLY)", code=_READONLY_CODE)
        if wanted.gives_rows and not question.wait:
            return await self._streamed(request, question, user, wanted)
        running = self._in(self._workers, lambda: self._runner.whole(question, user, wanted, body))
        rows = await self._watched(request, question, running, may_stop=wanted.gives_rows)
        first = await self._in(self._readers, rows.read)
        second = await self._in(self._readers, rows.read)
        return _response(question, rows, self._pieces(question, rows, first, second), rows.ended())

    async def _streamed(self, request: Request, question: Asked, user: User, wanted: Statement) -> Response:
        rows = self._runner.streamed(question, user, wanted)
        try:
            first = await self._watched(request, question, self._in(self._readers, rows.read), may_stop=True)
            second = await self._watched(request, question, self._in(self._readers, rows.read), may_stop=True)
            counts = Counts() if second else await self._in(self._readers, rows.ended)
        except BaseException:
            self._readers.submit(rows.close)
            raise
        return _response(question, rows, self._pieces(question, rows, first, second), counts)

    async def _pieces(self, question: Asked, rows: Rows, held: bytes, piece: bytes) -> AsyncIterator[bytes]:
        """The rows as they go out; a failure on the way ends the connection, and says why before.

        The last piece is held until the query has ended well: a format's own end mark must not follow half its rows.
        """
        compress, finish = compressor(chosen_encoding(question.encodings))
        ended = False
        self.requests_under_way += 1
        try:
            while piece:
                yield compress(held)
                held, piece = piece, await self._in(self._readers, rows.read)
            ended = True
            try:
                await self._in(self._readers, rows.ended)
            except QueryFailed as failure:
                yield compress(_exception_block(question.tag, str(failure))) + finish()
                # Without the last chunk no client can take the answer for whole. The message stays out of the log.
                raise AnswerBroken(failure.code) from None
            yield compress(held) + finish()
        finally:
            self.requests_under_way -= 1
            if not ended:
                self._workers.submit(self._runner.kill, question.tag)
            self._readers.submit(rows.close)

    async def _watched(
        self, request: Request, question: Asked, running: "asyncio.Future[Result]", *, may_stop: bool
    ) -> Result:
        """What runs, stopped when its client goes away."""
        while not running.done():
            await asyncio.wait({running}, timeout=_POLL_SECONDS)
            if may_stop and not running.done() and await request.is_disconnected():
                await self._in(self._workers, lambda: self._runner.kill(question.tag))
                may_stop = False
        return running.result()

    @staticmethod
    def _in(executor: Executor, work: Callable[[], Result]) -> "asyncio.Future[Result]":
        return asyncio.get_running_loop().run_in_executor(executor, work)


def _response(question: Asked, rows: Rows, pieces: AsyncIterator[bytes], counts: Counts) -> Response:
    summary = {
        "read_rows": str(counts.read_rows),
        "read_bytes": str(counts.read_bytes),
        "written_rows": str(counts.written_rows),
        "written_bytes": str(counts.written_bytes),
        "elapsed_ns": str(int(counts.seconds * 1e9)),
    }
    headers = {
        "X-ClickHouse-Summary": json.dumps(summary),
        "X-ClickHouse-Query-Id": question.query_id,
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Exception-Tag": question.tag,
    }
    encoding = chosen_encoding(question.encodings)
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    if rows.format:
        headers["X-ClickHouse-Format"] = rows.format
    return StreamingResponse(pieces, headers=headers, media_type="application/octet-stream")


def _failed(failure: QueryFailed) -> Response:
    status = _STATUS.get(failure.code) or (400 if failure.code in _CLIENT_FAULT else 500)
    return Response(f"{failure}\n", status, {"X-ClickHouse-Exception-Code": str(failure.code)})


def _exception_block(tag: str, message: str) -> bytes:
    """A failure in the middle of an answer, as ClickHouse marks it since 25.11."""
    text = message.encode()
    start, end = f"__exception__\r\n{tag}\r\n".encode(), f"\n{len(text) + 1} {tag}\r\n__exception__\r\n".encode()
    return start + text + end


def _from_loopback(request: Request) -> bool:
    """Whether the client meant this machine: a page in a browser that was sent here by DNS names another host."""
    name, _, port = request.headers.get("host", "").rpartition(":")
    return (name if port.isdigit() else request.headers.get("host", "")).lower() in _LOOPBACK


def _misdirected() -> Response:
    return Response("this server answers on loopback addresses only\n", 421)
