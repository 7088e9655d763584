"""A state machine of two blocks, and what became of it."""

from raftpi.errors import ProtocolError


class FakeView:
    """The blocks of one moment."""

    def __init__(self, blocks: list[bytes]) -> None:
        self.blocks = list(blocks)
        self.is_closed = False

    def next_block(self, max_bytes: int) -> bytes:
        return self.blocks.pop(0) if self.blocks else b""

    def close(self) -> None:
        self.is_closed = True


class FakeRestoration:
    """Takes blocks in; "bad" is none."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []

    def take(self, block: bytes) -> None:
        if block == b"bad":
            raise ProtocolError("no block")
        self.blocks.append(block)

    def machine(self) -> "FakeMachine":
        if not self.blocks:
            raise ProtocolError("blocks are missing")
        return FakeMachine(self.blocks)


class FakeMachine:
    """Holds blocks, and runs nothing."""

    def __init__(self, blocks: list[bytes]) -> None:
        self.blocks = blocks
        self.views: list[FakeView] = []

    def view(self) -> FakeView:
        self.views.append(FakeView(self.blocks))
        return self.views[-1]

    def restoration(self) -> FakeRestoration:
        return FakeRestoration()

    def apply(self, index: int, command: bytes) -> bytes:
        return b""

    def query(self, query: bytes) -> bytes:
        return b""

    def refusal(self, command: bytes) -> str:
        return ""

    def query_refusal(self, query: bytes) -> str:
        return ""

    def configure(self, machine_settings: bytes) -> None:
        return

    def dismantle(self) -> bool:
        self.blocks = self.blocks[1:]
        return bool(self.blocks)
