"""The course of one request: whom to ask next, when to ask again, what came of it. Pure.

Time is handed in, in microseconds of a monotonic clock. The driver (`voice.py`) sends what
`advance` returns and tells what happened; the conversation ends with `answer` or `failure`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from raftpi.client.directory import Directory
from raftpi.client.errand import Errand, Retry
from raftpi.client.verdict import Word, nobody, verdict, word_of
from raftpi.errors import RaftpiError, Refused, Timeout, Unavailable
from raftpi.transport import requests
from raftpi.transport.requests import Answer, Discover, Discovery, Redirect, Reply, Uncertain

# While nothing is known, the next node is asked too after so long a silence.
HEDGE_US = 50_000
# So long a leader may be silent before others are asked whether there is another one.
DOUBT_US = 150_000
DOUBT_AGAIN_US = 30_000
# A leader that is silent for longer than this, and still is the leader, waits for its card.
LONG_DOUBT_US = 600_000
LONG_DOUBT_AGAIN_US = 150_000
# A question that was not answered for so long may be asked again.
DISCOVER_US = 300_000
ATTEMPT_US = 1_000_000
# Between two rounds of asking, while there is no leader: random, so that clients spread out.
# The first ones are short, for a planned hand-over takes some milliseconds only.
FIRST_BACK_OFFS_US = ((500, 1_500), (1_000, 3_000), (1_000, 4_000), (1_000, 6_000))
BACK_OFF_US = (2_000, 20_000)
LONG_BACK_OFF_US = (20_000, 60_000)
SHORT_ROUND_COUNT = 15
# An endpoint whose connection failed rests, longer each time.
REST_US = 5_000
REST_MAX_US = 200_000
# So many redirections are followed at once; nodes that point at each other know nothing.
HOP_LIMIT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send this request to this endpoint."""

    endpoint: str
    request: requests.Request


@dataclass(slots=True, kw_only=True)
class _Question:
    """A request under way. `is_sent`: it was handed to a connection that stands."""

    endpoint: str
    asked_us: int
    is_errand: bool
    is_sent: bool = False


class Conversation:
    """Brings one errand to the leader, whoever that is by now.

    Invariant: `failure` is Unavailable only if no attempt can have entered a log.
    """

    def __init__(
        self,
        errand: Errand,
        directory: Directory,
        *,
        next_id: Callable[[], int],
        random: Random,
        now_us: int,
        timeout_us: int,
    ) -> None:
        """`next_id` numbers requests, never the same twice on one connection."""
        self.answer: Answer | None = None
        self.failure: RaftpiError | None = None
        self.sent_count = 0
        self._errand = errand
        self._directory = directory
        self._next_id = next_id
        self._random = random
        self._deadline_us = now_us + timeout_us
        self._timeout_us = timeout_us
        self._questions: dict[int, _Question] = {}
        self._may_be_done = False
        self._words: dict[str, Word] = {}
        self._strangers: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._rests_until_us: dict[str, int] = {}
        self._failed_counts: dict[str, int] = {}
        self._hop_count = 0
        self._round_count = 0
        self._queue: list[str] = []
        self._queue_is_staged = False
        self._queue_us = now_us
        self._doubt_us = 0
        if not directory.endpoint_of(directory.leader):
            self._look_around(now_us, staged=True)

    @property
    def is_over(self) -> bool:
        """Whether there is an answer or a failure."""
        return self.answer is not None or self.failure is not None

    # --- out --------------------------------------------------------------------------------

    def advance(self, now_us: int) -> list[Send]:
        """What to send now. Past the deadline the conversation is over instead."""
        if self.is_over:
            return []
        if now_us >= self._deadline_us:
            self.give_up(f"within {self._timeout_us / 1_000_000:.3g} s")
            return []
        try:
            return [*self._ask_leader(now_us), *self._ask_around(now_us)]
        except RaftpiError as error:  # the errand itself cannot be sent
            self.failure = error
            return []

    def next_deadline_us(self) -> int:
        """When `advance` must be called at the latest, unless something happens before."""
        times = [self._deadline_us]
        if self._queue:
            times.append(self._queue_us)
        attempt = self._attempt()
        if attempt is not None:
            times.append(self._doubt_us)
        if attempt is not None and self._errand.retry is not Retry.NEVER:
            times.append(attempt.asked_us + ATTEMPT_US)
        leader = self._leader_endpoint()
        if leader and attempt is None and not self._is_spent():
            times.append(self._rests_until_us.get(leader, 0))
        asked_us = [q.asked_us for q in self._questions.values() if not q.is_errand]
        if attempt is None and not self._queue and asked_us:
            times.append(max(asked_us) + DISCOVER_US)
        return min(times)

    def pending_reason(self, now_us: int) -> str:
        """Why there is no answer yet, "" while the leader is simply at work."""
        attempt = self._attempt()
        if attempt is not None and now_us < attempt.asked_us + DOUBT_US:
            return ""
        if attempt is not None:
            return f"no answer yet from {attempt.endpoint}"
        return self._why() if self._words else ""

    # --- in ---------------------------------------------------------------------------------

    def sent(self, request_id: int) -> None:
        """This request was handed to a connection: the node may have it."""
        question = self._questions.get(request_id)
        if question is not None:
            question.is_sent = True
            self.sent_count += question.is_errand

    def received(self, endpoint: str, reply: Reply, now_us: int) -> None:
        """A node answered. Late answers count as long as their question is remembered."""
        question = self._questions.pop(reply.request_id, None)
        if question is None or question.endpoint != endpoint or self.is_over:
            return
        self._failed_counts.pop(endpoint, None)
        self._strangers.discard(endpoint)
        self._reasons.pop(endpoint, None)
        if isinstance(reply, Discovery) and not question.is_errand:
            self._on_discovery(endpoint, reply, now_us)
        elif isinstance(reply, Answer) and question.is_errand:
            self.answer = reply
        elif isinstance(reply, requests.Refused):
            self.failure = Refused(reply.reason)
        elif isinstance(reply, Redirect):
            self._words[endpoint] = word_of(reply)
            self._move_on(endpoint, reply.leader, now_us)
        elif isinstance(reply, Uncertain):
            self._may_be_done = self._may_be_done or self._errand.retry is not Retry.HARMLESS
            if self._errand.retry is Retry.NEVER:
                self.give_up("from the node that began it")
            self._move_on(endpoint, reply.leader, now_us)
        else:
            self.garbled(endpoint, now_us)

    def garbled(self, endpoint: str, now_us: int) -> None:
        """Something answered that is no raftpi: as good as no answer."""
        self._strangers.add(endpoint)
        self.lost(endpoint, now_us)

    def lost(self, endpoint: str, now_us: int, reason: str = "") -> None:
        """The connection dropped, or could not be made (for this reason): move on at once."""
        if reason:
            self._reasons[endpoint] = reason
        leader = self._leader_endpoint()
        for request_id, question in list(self._questions.items()):
            if question.endpoint != endpoint:
                continue
            del self._questions[request_id]
            if question.is_errand and question.is_sent:
                self._may_be_done = self._may_be_done or self._errand.retry is not Retry.HARMLESS
        self._words.pop(endpoint, None)
        self._directory.set_silent(endpoint)
        count = self._failed_counts[endpoint] = self._failed_counts.get(endpoint, 0) + 1
        self._rests_until_us[endpoint] = now_us + min(REST_US << min(count, 10), REST_MAX_US)
        if self._may_be_done and self._errand.retry is Retry.NEVER:
            self.give_up("before the connection dropped")
        if endpoint == leader:
            self._directory.leader = 0
            self._look_around(now_us)
        elif self._queue_is_staged:
            self._queue_us = min(self._queue_us, now_us)

    def give_up(self, when: str, why: str = "") -> None:
        """End without an answer: `when` says by when none came.

        `why` is the reason where certainly nothing was done; "": what the nodes said.
        """
        if self.is_over:
            return
        waiting = [q for q in self._questions.values() if q.is_errand and q.is_sent]
        if self._errand.retry is Retry.HARMLESS:
            if waiting:
                self.failure = Timeout(
                    f"no answer {when} from {waiting[-1].endpoint} (a read, so nothing changed)"
                )
            else:
                self.failure = Unavailable(why or self._why())
        elif waiting or self._may_be_done:
            self.failure = Timeout(f"outcome unknown: it was sent, and no answer came {when}")
        else:
            self.failure = Unavailable(why or self._why())

    # --- within: the leader -----------------------------------------------------------------

    def _leader_endpoint(self) -> str:
        return self._directory.endpoint_of(self._directory.leader)

    def _attempt(self) -> _Question | None:
        """The question under way to the leader, be it the errand or what the errand needs."""
        leader = self._leader_endpoint()
        found = None
        for question in self._questions.values():
            if question.endpoint == leader and (question.is_errand or self._errand.needs_index):
                found = question
        return found

    def _ask_leader(self, now_us: int) -> list[Send]:
        leader = self._leader_endpoint()
        if not leader or now_us < self._rests_until_us.get(leader, 0) or self._is_spent():
            return []
        attempt = self._attempt()
        if attempt is not None:
            if now_us < attempt.asked_us + ATTEMPT_US:
                return []
            self._directory.set_silent(leader)
        self._doubt_us = now_us + DOUBT_US
        if self._errand.needs_index:
            return [self._discover(leader, now_us)]
        return [self._put(leader, self._errand.request(self._next_id()), True, now_us)]

    def _is_spent(self) -> bool:
        """Whether the errand is under way and must not be asked for a second time."""
        return self._errand.retry is Retry.NEVER and any(
            question.is_errand for question in self._questions.values()
        )

    def _put(self, endpoint: str, request: requests.Request, is_errand: bool, now_us: int) -> Send:
        self._questions[request.request_id] = _Question(
            endpoint=endpoint, asked_us=now_us, is_errand=is_errand
        )
        return Send(endpoint=endpoint, request=request)

    def _discover(self, endpoint: str, now_us: int) -> Send:
        return self._put(endpoint, Discover(request_id=self._next_id()), False, now_us)

    def _follow(self, leader: int, now_us: int) -> bool:
        """Believe that this node leads, unless its connection has just failed."""
        endpoint = self._directory.endpoint_of(leader)
        if not endpoint or now_us < self._rests_until_us.get(endpoint, 0):
            return False
        self._directory.leader = leader
        return True

    def _on_discovery(self, endpoint: str, reply: Discovery, now_us: int) -> None:
        self._directory.learn(endpoint, reply)
        self._words[endpoint] = word_of(reply)
        if self._errand.needs_index and 0 < reply.leader == reply.node_id:
            self._errand.begin(reply.commit_index)
        if reply.leader and self._follow(reply.leader, now_us):
            return
        if reply.leader == 0 and self._directory.leader == reply.node_id:
            self._directory.leader = 0
        if self._queue_is_staged:
            self._queue_us = min(self._queue_us, now_us)
        if self._attempt() is None and not self._queue:
            self._look_around(now_us + self._back_off_us())

    def _move_on(self, endpoint: str, leader: int, now_us: int) -> None:
        """The node at `endpoint` did not do it; `leader` is whom it names, or 0."""
        self._hop_count += 1
        pause_us = self._back_off_us()
        # It said no: it must be left in peace for a moment, whatever others say of it.
        self._rests_until_us[endpoint] = now_us + pause_us
        if self._leader_endpoint() == endpoint:
            self._directory.leader = 0
        if leader and self._hop_count <= HOP_LIMIT and self._follow(leader, now_us):
            return
        self._look_around(now_us if leader and self._hop_count <= 1 else now_us + pause_us)

    # --- within: asking around --------------------------------------------------------------

    def _back_off_us(self) -> int:
        self._round_count += 1
        if self._round_count <= len(FIRST_BACK_OFFS_US):
            low_us, high_us = FIRST_BACK_OFFS_US[self._round_count - 1]
        elif self._round_count <= SHORT_ROUND_COUNT:
            low_us, high_us = BACK_OFF_US
        else:
            low_us, high_us = LONG_BACK_OFF_US
        return self._random.randint(low_us, high_us)

    def _look_around(self, at_us: int, *, staged: bool = False) -> None:
        """Ask everyone who leads, beginning at `at_us`; staged: one after the other."""
        self._queue = self._directory.endpoints()
        self._queue_is_staged = staged
        self._queue_us = at_us
        self._hop_count = 0

    def _ask_around(self, now_us: int) -> list[Send]:
        attempt = self._attempt()
        is_found = attempt is not None
        if attempt is not None and now_us >= self._doubt_us:
            is_long = now_us >= attempt.asked_us + LONG_DOUBT_US
            self._doubt_us = now_us + (LONG_DOUBT_AGAIN_US if is_long else DOUBT_AGAIN_US)
            self._look_around(now_us)
        elif is_found:
            self._queue = []
        sends: list[Send] = []
        while self._queue and now_us >= self._queue_us:
            endpoint = self._queue.pop(0)
            if now_us < self._rests_until_us.get(endpoint, 0) or self._is_asked(endpoint, now_us):
                continue
            sends.append(self._discover(endpoint, now_us))
            if self._queue_is_staged:
                self._queue_us = now_us + HEDGE_US
        if not is_found and not self._queue and not self._is_asking(now_us):
            self._look_around(now_us + self._back_off_us())
        return sends

    def _is_asking(self, now_us: int) -> bool:
        """Whether someone may still answer who leads."""
        return any(
            not question.is_errand and now_us < question.asked_us + DISCOVER_US
            for question in self._questions.values()
        )

    def _is_asked(self, endpoint: str, now_us: int) -> bool:
        return any(
            question.endpoint == endpoint
            and (question.is_errand or now_us < question.asked_us + DISCOVER_US)
            for question in self._questions.values()
        )

    def _why(self) -> str:
        if not self._words:
            return nobody(self._directory.endpoints(), self._strangers, self._reasons)
        for word in self._words.values():
            endpoint = self._directory.endpoint_of(word.leader)
            if endpoint in self._failed_counts:
                return f"node {word.leader} leads, but there is no connection to it at {endpoint}"
        return verdict(self._words.values())
