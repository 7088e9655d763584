"""`pytest tests/scripts --rewrite` writes into the scripts what happens now."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --rewrite; look at the difference before committing it."""
    parser.addoption("--rewrite", action="store_true", help="rewrite the scripts' traces")
