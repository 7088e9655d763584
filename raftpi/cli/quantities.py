"""Durations and sizes as people read them."""

_STEP = 1000
_SIZES = ("B", "KB", "MB", "GB", "TB")


def shown_duration(duration_us: int) -> str:
    """In the unit that fits: µs, ms, s, min, h or days."""
    if duration_us < 1_000:
        return f"{duration_us}µs"
    if duration_us < 1_000_000:
        return f"{duration_us / 1_000:.1f}ms"
    seconds = duration_us / 1_000_000
    if seconds < 120:
        return f"{seconds:.1f}s"
    if seconds < 7200:
        return f"{seconds / 60:.0f}min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f}h"
    return f"{seconds / 86400:.1f}days"


def shown_bytes(size_bytes: int) -> str:
    """In units of 1000, as cards are sold."""
    size = float(size_bytes)
    for unit in _SIZES[:-1]:
        if size < _STEP:
            return f"{size:.0f}{unit}" if unit == "B" or size >= 100 else f"{size:.1f}{unit}"
        size /= _STEP
    return f"{size:.1f}{_SIZES[-1]}"
