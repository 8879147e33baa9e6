"""Cursors of PyMySQL that let a connection that broke off be."""

from typing import TYPE_CHECKING, Any

from pymysql.cursors import SSCursor

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


class StreamingCursor(SSCursor):  # type: ignore[misc]
    """Rows as the server sends them; closing it asks no connection that is gone for the rest of them.

    PyMySQL's own does, fails, and its complaint with a traceback reaches the console.
    """

    connection: Any

    def close(self) -> None:
        """Read what is left, where there is a connection to read it from."""
        if self.connection is not None and not self.connection.open:
            if self._result is not None:
                self._result.unbuffered_active = False
            self.connection = None
        super().close()

    __del__ = close  # as in PyMySQL's, whose own would be called otherwise


def stream_quietly(engine: "Engine") -> None:
    """Have the engine of a MySQL family server read large tables by this cursor."""
    dialect = engine.dialect
    if dialect.supports_server_side_cursors:  # asking sets the cursor that is replaced here
        dialect._sscursor = StreamingCursor  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way in
