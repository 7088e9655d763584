"""The members of a configuration file: what they must not share, and what is unwise."""

from dataclasses import dataclass

from raftpi.config.endpoint import Endpoint, parse_endpoint
from raftpi.config.problems import Problems
from raftpi.config.schema import MEMBER_SECTION

# Beyond this every write waits for more cards and nothing is gained.
WISE_MEMBER_COUNT = 7

_PURPOSES = ("peer", "client", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAddress:
    """One [[member]]: its number, its name and its three endpoints as written.

    `priority`: the board with the highest one should lead.
    """

    id: int
    name: str
    peer: str
    client: str
    status: str
    priority: int = 0

    def endpoints(self) -> tuple[tuple[str, str], ...]:
        """The endpoints with what each is for: (purpose, endpoint)."""
        return (("peer", self.peer), ("client", self.client), ("status", self.status))


def check_members(
    members: list[tuple[int, MemberAddress]], problems: Problems, *, may_leave_machine: bool
) -> None:
    """Note ids, names and endpoints that two share, and addresses that are not allowed.

    Each member comes with the number of its [[member]] section, from 0.
    """
    owners: dict[tuple[str, object], str] = {}
    for occurrence, member in members:
        mine: list[tuple[str, object, str]] = [
            ("id", member.id, str(member.id)),
            # Names are typed by people, and Pi1 is not another board than pi1.
            ("name", member.name.lower(), f'"{member.name}"'),
        ]
        for purpose, text in member.endpoints():
            mine.append((purpose, _identity(parse_endpoint(text)), f'"{text}"'))
        for name, identity, text in mine:
            kind = "endpoint" if name in _PURPOSES else name
            here = f"member.{name} {text}"
            if (kind, identity) in owners:
                other = owners[kind, identity]
                problems.add(
                    MEMBER_SECTION, name, f"{here} is taken already, by {other}", occurrence
                )
            else:
                owners[kind, identity] = f"{name} of member {member.id}"
        if not may_leave_machine:
            _check_addresses(member, occurrence, problems)


def member_warnings(members: tuple[MemberAddress, ...], *, has_keys: bool) -> tuple[str, ...]:
    """Sentences about what is allowed but unwise."""
    warnings: list[str] = []
    count = len(members)
    if count % 2 == 0:
        warnings.append(
            f"{count} members tolerate no more failures than {count - 1}; use an odd number"
        )
    if count > WISE_MEMBER_COUNT:
        warnings.append(
            f"{count} members: every write waits for {count // 2 + 1} cards; "
            f"{WISE_MEMBER_COUNT} are enough"
        )
    outside = [
        text
        for member in members
        for _, text in member.endpoints()
        if not parse_endpoint(text).is_loopback
    ]
    if outside and not has_keys:
        warnings.append(
            "security.insecure_network = true: whoever reaches "
            f"{outside[0]}{' or the other addresses' if len(outside) > 1 else ''} can read and "
            "change everything; nothing is encrypted"
        )
    here = [member for member in members if parse_endpoint(member.peer).is_loopback]
    if here and len(here) < count:
        warnings.append(
            f'the peer address of member {here[0].id} ("{here[0].peer}") is reached only from '
            "its own board, while other members live elsewhere"
        )
    return tuple(warnings)


def _check_addresses(member: MemberAddress, occurrence: int, problems: Problems) -> None:
    for purpose, text in member.endpoints():
        if not parse_endpoint(text).is_loopback:
            problems.add(
                MEMBER_SECTION,
                purpose,
                f'member.{purpose} "{text}" leaves this machine, and links between boards are '
                "not encrypted without keys: make keys with `raftpi keys` and set "
                'keys = "/etc/raftpi/keys" below [security]; or, on a network that you trust '
                "wholly, insecure_network = true",
                occurrence,
            )


def _identity(endpoint: Endpoint) -> tuple[str, str, int, str]:
    host = "127.0.0.1" if endpoint.host == "localhost" else endpoint.host
    return (endpoint.scheme, host, endpoint.port, endpoint.path)
