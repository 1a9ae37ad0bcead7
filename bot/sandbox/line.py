"""A WebSocket's end at the server, which can go dead as a lost line does: silently."""

from typing import Any
from weakref import WeakSet

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class Line(WebSocketsSansIOProtocol):
    """Once ``cut``, nothing is read and nothing is written any more; TCP stays as it is."""

    lines: WeakSet["Line"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_cut = False
        self.lines.add(self)

    def cut(self) -> None:
        self._is_cut = True
        for timer in (self.ping_timer, self.pong_timer):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        if not self._is_cut:
            super().data_received(data)


def kind_of_line(lines: WeakSet[Line]) -> type[Line]:
    """Make the class of a server's lines, which keeps them in that set while they stand."""
    return type("KnownLine", (Line,), {"lines": lines})
