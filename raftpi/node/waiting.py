"""The requests of clients that wait for a commit or for a read to be confirmed."""

from typing import NamedTuple


class WaitingCommand(NamedTuple):
    """A command in the log of this leader; `term` tells it from what may overwrite it."""

    request: object
    term: int
    size_bytes: int


# A request and its query. Those that came together wait together: for their read index, and then
# for that index to be applied.
WaitingRead = tuple[object, bytes]


class WaitingRequests:
    """Who waits for what: commands by log index, reads by read id."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self.commands: dict[int, WaitingCommand] = {}
        self.reads: dict[int, list[WaitingRead]] = {}
        self.confirmed_reads: list[tuple[int, list[WaitingRead]]] = []
        self.read_count = 0
        self.command_bytes = 0
        self._next_read_id = 1

    @property
    def has_commands(self) -> bool:
        """Whether anybody waits for a command."""
        return bool(self.commands)

    def count(self) -> int:
        """How many requests wait."""
        return len(self.commands) + self.read_count

    def add_command(self, index: int, command: WaitingCommand) -> None:
        """Note who waits for the entry at `index`."""
        self.commands[index] = command
        self.command_bytes += command.size_bytes

    def add_reads(self, reads: list[WaitingRead]) -> int:
        """Note reads that came together; the id of them all."""
        read_id = self._next_read_id
        self._next_read_id += 1
        self.reads[read_id] = reads
        self.read_count += len(reads)
        return read_id

    def take_command(self, index: int, term: int) -> object | None:
        """Who waits for the entry of this index and term, if anybody."""
        waiting = self.commands.pop(index, None)
        if waiting is None:
            return None
        self.command_bytes -= waiting.size_bytes
        return waiting.request if waiting.term == term else None

    def take_all_commands(self) -> list[object]:
        """Everybody who waits for a command, oldest first: the lead is lost."""
        requests = [self.commands[index].request for index in sorted(self.commands)]
        self.commands = {}
        self.command_bytes = 0
        return requests

    def confirm_reads(self, read_id: int, index: int) -> None:
        """The reads may be answered once `index` is applied."""
        reads = self.reads.pop(read_id, None)
        if reads is not None:
            self.confirmed_reads.append((index, reads))

    def take_lost_reads(self, read_id: int) -> list[WaitingRead]:
        """Those that will never be confirmed here."""
        reads = self.reads.pop(read_id, [])
        self.read_count -= len(reads)
        return reads

    def take_reads(self, applied_index: int) -> list[tuple[int, list[WaitingRead]]]:
        """The reads that may be answered now, by the index that they may be answered at."""
        due = [pair for pair in self.confirmed_reads if pair[0] <= applied_index]
        if due:
            self.confirmed_reads = [p for p in self.confirmed_reads if p[0] > applied_index]
            self.read_count -= sum([len(reads) for _, reads in due])
        return due
