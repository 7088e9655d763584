"""A short beep."""

from raftpi.led.buzzer import BEEP_US, Buzzer


def test_it_sounds_for_a_moment_and_says_when_to_look_again() -> None:
    heard: list[bool] = []
    buzzer = Buzzer(heard.append)
    assert buzzer.update(0) is None
    buzzer.beep(1_000)
    assert buzzer.update(1_000) == 1_000 + BEEP_US
    assert heard == [True]
    assert buzzer.update(1_000 + BEEP_US) is None
    assert heard == [True, False]
    buzzer.update(10**9)
    assert heard == [True, False]
