"""Where the role and its plugins lie, and how a test gets hold of them without Ansible."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ROOT / "ansible"
ROLE = PLAYBOOKS / "roles" / "raftpi"
ENVIRONMENT = ROOT / ".venv-ansible"


def load(path: str) -> ModuleType:
    """The module at `path` below the role, which is in no package."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROLE / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    is_writing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = is_writing
    return module
