"""Keys for tests: a small cluster's, made anew for each test run."""

from raftpi.transport.curve import Credentials
from raftpi.transport.keys import KeyPair, make_key_pair
from raftpi.transport.trust import Trust, TrustedClient, TrustedNode


def node(node_id: int, public: str, *, port: int = 0) -> TrustedNode:
    """A trusted node on the loopback."""
    return TrustedNode(
        id=node_id,
        name=f"pi{node_id}",
        client=f"tcp://127.0.0.1:{port or 7200 + node_id}",
        status=f"tcp://127.0.0.1:{port + 1 if port else 7300 + node_id}",
        public=public,
    )


class Keys:
    """Pairs of three nodes, an admin, an ordinary client and a stranger."""

    def __init__(self) -> None:
        self.nodes: dict[int, KeyPair] = {i: make_key_pair() for i in (1, 2, 3)}
        self.admin = make_key_pair()
        self.ordinary = make_key_pair()
        self.stranger = make_key_pair()

    def trust(self) -> Trust:
        """All but the stranger."""
        return Trust(
            nodes=tuple(node(i, pair.public) for i, pair in self.nodes.items()),
            clients=(
                TrustedClient(name="anna", role="admin", public=self.admin.public),
                TrustedClient(name="bob", role="ordinary", public=self.ordinary.public),
            ),
        )

    def of(self, node_id: int) -> Credentials:
        """What this node has."""
        return Credentials(own=self.nodes[node_id], trust=self.trust())
