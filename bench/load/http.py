"""A client of an HTTP/1.1 gateway on a plain socket that stays open."""

from collections.abc import Callable

from bench.load.protocol import AnswerRefused

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class KeepAlive:
    """One client: `ask(number)` makes the path and the body of its requests."""

    def __init__(self, host: str, ask: Callable[[int], tuple[str, bytes]]) -> None:
        """`host` is what the header says."""
        self.owed = b""
        self._host = host.encode()
        self._ask = ask

    def greeting(self) -> bytes:
        """HTTP has none."""
        return b""

    def is_ready(self, data: bytearray) -> bool:
        """At once."""
        return True

    def request(self, number: int) -> bytes:
        """A POST."""
        path, body = self._ask(number)
        return (
            b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (path.encode(), self._host, len(body), body)
        )

    def answers(self, data: bytearray) -> int:
        """The whole answers in `data`; each must have status 200."""
        count = 0
        while (head_end := data.find(_END)) >= 0:
            head = bytes(data[:head_end]).lower()
            at = head.find(_LENGTH)
            if at < 0:
                raise AnswerRefused(f"an answer without a length: {head!r}")
            length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
            end = head_end + len(_END) + length
            if len(data) < end:
                break
            if head[9:12] != b"200":
                raise AnswerRefused(repr(bytes(data[:end])))
            del data[:end]
            count += 1
        return count
