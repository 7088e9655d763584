"""One run of the writer: what it was told, and what is in the store afterwards."""

import json
from pathlib import Path

from tests.boards.bench.waiting import wait_until
from tests.boards.clock import now_us
from tests.boards.deployment import Deployment
from tests.boards.write_record import WriteRecord


class Writing:
    """The writes under one prefix; `path` is where the writer records them."""

    def __init__(self, deployment: Deployment, prefix: str, path: Path) -> None:
        self.prefix = prefix
        self.path = path
        self._deployment = deployment
        self.path.touch()

    def words(self, thread_count: int) -> list[str]:
        """The command that writes."""
        words = ["--key", str(self._deployment.key), "--out", str(self.path)]
        words += ["--prefix", self.prefix, "--threads", str(thread_count)]
        return self._deployment.python_words("tests.boards.writer", words)

    def record(self) -> WriteRecord:
        """What it was told until now."""
        with self.path.open() as file:
            return WriteRecord(file)

    def wait_for_progress(self, count: int = 20, timeout_s: float = 20) -> None:
        """Wait until so many writes were called and acknowledged from now on."""
        from_us = now_us()

        def has_progressed() -> bool:
            return len(self.record().acknowledged_after(from_us)) >= count

        wait_until(has_progressed, f"{count} more writes are acknowledged", timeout_s)

    def read_back(self) -> dict[str, str]:
        """All of it that is in the store, read through the leader."""
        document = json.loads(self._deployment.raftpi("list", f"{self.prefix}/", "--json"))
        return {entry["key"]: entry["value"] for entry in document["entries"]}

    def assert_kept(self) -> int:
        """All that was acknowledged is there, and nothing refused; how many were acknowledged."""
        record = self.record()
        found = self.read_back()
        lost = record.lost(found)
        assert not lost, f"{len(lost)} acknowledged writes are lost, the first {lost[:5]}"
        invented = record.invented(found)
        assert not invented, f"certainly not done, and yet there: {invented[:5]}"
        return len(record.acknowledged())
