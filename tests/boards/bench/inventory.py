"""The boards as Ansible knows them."""

import json
from collections.abc import Mapping

from tests.boards.bench import places
from tests.boards.bench.ssh import OPTIONS

GROUP = "raftpi"


def inventory(
    boards: Mapping[int, Mapping[str, object]], variables: Mapping[str, object] | None = None
) -> str:
    """An inventory in JSON, which Ansible takes for YAML: boards with variables of their own each.

    `variables` are those of the whole group.
    """
    hosts = {
        places.board_name(number): {
            "ansible_host": places.board_address(number),
            "raftpi_id": number,
            **own,
        }
        for number, own in boards.items()
    }
    reach = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(places.ssh_key()),
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_common_args": " ".join(OPTIONS),
        "ansible_control_path_dir": str(places.ssh_connections()),
    }
    group = {"hosts": hosts, "vars": {**reach, **(variables or {})}}
    return json.dumps({GROUP: group}, indent=2) + "\n"
