"""What one boot brings along, as an archive behind the image's own."""

import io
from dataclasses import dataclass, field
from pathlib import Path

from tests.gpio.emulated_pi import cpio


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Files for the Pi: path without the leading slash -> permissions and content."""

    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def with_text(self, name: str, text: str, mode: int = 0o644) -> "Payload":
        """The same and one more file."""
        return Payload(files={**self.files, name: (mode, text.encode())})

    def with_directory(self, directory: Path, name: str) -> "Payload":
        """The same and all files below `directory`, seen below `name` on the Pi."""
        found = {
            f"{name}/{path.relative_to(directory).as_posix()}": (
                path.stat().st_mode & 0o777,
                path.read_bytes(),
            )
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }
        return Payload(files={**self.files, **found})

    def archive(self) -> bytes:
        """The archive, for the kernel to unpack over the image's."""
        out = io.BytesIO()
        cpio.write_files(self.files, out)
        return out.getvalue()
