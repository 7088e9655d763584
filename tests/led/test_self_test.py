"""The walk through everything that the lamp can show."""

from raftpi.lamp import IDENTIFY, Lamp
from raftpi.led import self_test
from tests.led.test_pins import section


class Recorder:
    """A lamp that remembers, with a clock that only its sleep moves."""

    def __init__(self) -> None:
        self.now_us = 0
        self.shown: list[Lamp] = []

    def show(self, lamp: Lamp, at_us: int) -> int | None:
        if not self.shown or self.shown[-1] != lamp:
            self.shown.append(lamp)
        return at_us + 100_000

    def close(self, final: Lamp | None = None) -> None:
        return None

    def sleep_us(self, duration_us: int) -> None:
        assert duration_us > 0
        self.now_us += duration_us


def test_every_colour_alone_and_every_meaning_is_shown_and_named() -> None:
    recorder = Recorder()
    said: list[str] = []
    plan = self_test.steps(section(), {})
    self_test.run(
        recorder,
        plan,
        say=said.append,
        clock_us=lambda: recorder.now_us,
        sleep_us=recorder.sleep_us,
    )
    assert recorder.shown == [step.lamp for step in plan]
    assert [text.split()[1] for text in said[:3]] == ["red", "green", "blue"]
    assert "GPIO 17" in said[0]
    assert "cut off" in " ".join(said)
    assert plan[-1].lamp == IDENTIFY
    assert recorder.now_us == sum(step.duration_us for step in plan)
    assert said[-1] == self_test.ADVICE
