"""What a boot brings along: archives that the kernel can unpack."""

import io
from pathlib import Path

from tests.gpio.emulated_pi.cpio import write_tree
from tests.gpio.emulated_pi.payload import Payload


def entries(archive: bytes) -> dict[str, tuple[int, bytes]]:
    """Name -> mode and content, read as the kernel's document describes the form."""
    found: dict[str, tuple[int, bytes]] = {}
    at = 0
    while True:
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = archive[at + 110 : at + 110 + name_size - 1].decode()
        at = -(-(at + 110 + name_size) // 4) * 4
        content = archive[at : at + size]
        at = -(-(at + size) // 4) * 4
        if name == "TRAILER!!!":
            assert at == len(archive)
            return found
        found[name] = (mode, content)


def test_files_come_with_the_directories_they_lie_in() -> None:
    payload = Payload().with_text("payload/deep/run", "echo\n", mode=0o755)
    found = entries(payload.with_text("payload/a", "").archive())
    assert found == {
        "payload": (0o40755, b""),
        "payload/deep": (0o40755, b""),
        "payload/deep/run": (0o100755, b"echo\n"),
        "payload/a": (0o100644, b""),
    }


def test_a_directory_is_seen_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(b"\0\1\2")
    (tmp_path / "inner" / "file").chmod(0o600)
    found = entries(Payload().with_directory(tmp_path, "payload").archive())
    assert found["payload/inner/file"] == (0o100600, b"\0\1\2")


def test_a_tree_keeps_modes_and_links(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir(mode=0o755)
    (tmp_path / "bin" / "sh").write_text("x" * 5)
    (tmp_path / "bin" / "sh").chmod(0o4755)
    (tmp_path / "link").symlink_to("bin/sh")
    out = io.BytesIO()
    write_tree(tmp_path, out)
    assert entries(out.getvalue()) == {
        "bin": (0o40755, b""),
        "bin/sh": (0o104755, b"xxxxx"),
        "link": (0o120777, b"bin/sh"),
    }
