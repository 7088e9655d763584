"""What the units must never lose. What they do on a board is tested on the virtual boards."""

import pytest

from raftpi import errors
from raftpi.config.schema import KEYS
from raftpi.core.timing import PROFILES
from raftpi.daemon.loop import HAND_OVER_TIMEOUTS
from raftpi.daemon.main import CARD_CLOSE_TIMEOUT_S
from raftpi.daemon.supervisor import SIGNS_PER_INTERVAL
from raftpi.errors import RaftpiError
from tests.systemd.unit_file import (
    DAEMON,
    LAMP,
    SYSUSERS,
    TMPFILES,
    Unit,
    read_unit,
    seconds,
    table,
)

# A restart mends a card that was pulled out or full; it does not mend these.
WAITS_FOR_A_PERSON = {
    errors.UsageError,
    errors.ConfigurationError,
    errors.DirectoryRefused,
    errors.DamagedData,
    errors.NewerVersion,
    errors.KeyProblem,
}
# Stalls of cards that people have reported, in seconds.
CARD_STALL_S = 7


@pytest.fixture
def daemon() -> Unit:
    return read_unit(DAEMON)


@pytest.fixture
def lamp() -> Unit:
    return read_unit(LAMP)


@pytest.fixture(params=[DAEMON, LAMP], ids=["daemon", "lamp"])
def unit(request: pytest.FixtureRequest) -> Unit:
    return read_unit(request.param)


def codes(kinds: set[type[RaftpiError]]) -> set[str]:
    """What a process that ends for one of these reasons says to systemd."""
    return {str(kind.exit_code) for kind in kinds}


def kinds_of(root: type[RaftpiError]) -> set[type[RaftpiError]]:
    """A class of errors and all that descend from it."""
    return {root}.union(*(kinds_of(kind) for kind in root.__subclasses__()))


def default_of(section: str, name: str) -> object:
    """What the configuration takes where the file says nothing."""
    [key] = [key for key in KEYS if (key.section, key.name) == (section, name)]
    return key.default


# --- ending and starting again ----------------------------------------------------------


def test_what_a_restart_cannot_mend_is_not_restarted(daemon: Unit) -> None:
    assert daemon.words("RestartPreventExitStatus") == codes(WAITS_FOR_A_PERSON)


def test_a_daemon_that_fails_for_any_other_reason_is_restarted(daemon: Unit) -> None:
    kinds = {kind for kind in kinds_of(RaftpiError) if kind.exit_code >= 10}
    restarted = codes(kinds) - daemon.words("RestartPreventExitStatus")
    assert restarted == codes({errors.StorageFailure, errors.NoSpace})


def test_a_lamp_waits_for_a_person_only_when_it_is_misconfigured(lamp: Unit) -> None:
    kinds: set[type[RaftpiError]] = {errors.UsageError, errors.ConfigurationError}
    assert lamp.words("RestartPreventExitStatus") == codes(kinds)


def test_whatever_ends_it_it_comes_back_and_systemd_never_gives_up(unit: Unit) -> None:
    assert unit.one("Restart") == "always"
    assert unit.one("StartLimitIntervalSec", "Unit") == "0"
    assert seconds(unit.one("RestartSec")) <= 1


def test_the_back_off_begins_anew_after_a_start_that_succeeded(unit: Unit) -> None:
    assert seconds(unit.one("RestartMaxDelaySec")) > seconds(unit.one("RestartSec"))
    assert unit.one("RestartSteps").isdecimal()
    assert unit.one("ExecStartPost") == "-+/usr/bin/systemctl reset-failed %n"


def test_a_killed_lamp_comes_back_at_once(lamp: Unit) -> None:
    assert seconds(lamp.one("RestartSec")) <= 0.1


# --- alive ------------------------------------------------------------------------------


def test_systemd_is_told_by_the_process_itself_when_it_is_ready(unit: Unit) -> None:
    assert unit.one("Type") == "notify"
    assert unit.one("NotifyAccess") == "main"


def test_a_hung_daemon_is_ended_in_seconds_and_a_slow_card_is_not_taken_for_one(
    daemon: Unit,
) -> None:
    interval_s = seconds(daemon.one("WatchdogSec"))
    assert interval_s - interval_s / SIGNS_PER_INTERVAL >= CARD_STALL_S
    assert interval_s + seconds(daemon.one("TimeoutAbortSec")) <= 10


def test_a_hung_lamp_is_ended_too(lamp: Unit) -> None:
    assert 0 < seconds(lamp.one("WatchdogSec")) <= 10


def test_a_daemon_may_wait_for_its_network_as_long_as_it_likes(daemon: Unit) -> None:
    assert daemon.one("TimeoutStartSec") == "infinity"
    for key in ("After", "Wants", "Requires"):
        assert not daemon.words(key, "Unit") & {"network-online.target", "time-sync.target"}


def test_a_boot_does_not_wait_for_the_daemon(daemon: Unit) -> None:
    # Else multi-user.target is ordered after every unit that it wants: systemd.target(5).
    assert daemon.one("DefaultDependencies", "Unit") == "no"
    assert {"sysinit.target", "basic.target"} <= daemon.words("After", "Unit")


def test_every_hand_over_ends_before_systemd_kills(daemon: Unit) -> None:
    slowest_us = max(profile.election_max_us for profile in PROFILES.values())
    needed_s = HAND_OVER_TIMEOUTS * slowest_us / 1e6 + CARD_CLOSE_TIMEOUT_S
    assert seconds(daemon.one("TimeoutStopSec")) > needed_s


def test_at_a_reboot_the_daemon_stops_while_there_still_is_a_network(daemon: Unit) -> None:
    assert "network.target" in daemon.words("After", "Unit")
    assert daemon.words("Conflicts", "Unit") == {"shutdown.target"}
    assert daemon.words("Before", "Unit") == {"shutdown.target"}


def test_the_lamp_needs_nothing_of_the_daemon(lamp: Unit) -> None:
    for key in ("Requires", "BindsTo", "PartOf", "After", "Before", "Wants", "Requisite"):
        assert not {name for name in lamp.words(key, "Unit") if name.startswith("raftpi")}
    assert not lamp.words("After", "Unit") & {"basic.target", "network.target", "sysinit.target"}


def test_both_start_with_the_board(unit: Unit) -> None:
    assert unit.one("WantedBy", "Install") == "multi-user.target"


# --- who, where, and what it may --------------------------------------------------------


def test_the_units_run_the_commands_with_the_boards_configuration(daemon: Unit, lamp: Unit) -> None:
    config = "--config /etc/raftpi/raftpi.toml"
    assert daemon.one("ExecStart") == f"/usr/local/bin/raftpi node {config}"
    assert lamp.one("ExecStart") == f"/usr/bin/python3 -P -m raftpi.led {config}"
    assert "PYTHONPATH=/opt/raftpi/current" in lamp.all("Environment")
    assert daemon.one("ExecReload") == "/bin/kill -HUP $MAINPID"


def test_the_directories_are_those_of_the_configuration(daemon: Unit) -> None:
    assert f"/var/lib/{daemon.one('StateDirectory')}" == default_of("node", "data")
    assert daemon.one("StateDirectoryMode") == "0700"
    assert f"/run/{daemon.one('RuntimeDirectory')}" == default_of("node", "runtime")
    assert daemon.one("RuntimeDirectoryMode") == "0750"
    assert daemon.one("RuntimeDirectoryPreserve") == "restart"
    trusted = str(default_of("security", "trusted"))
    assert trusted.startswith(f"/etc/{daemon.one('ConfigurationDirectory')}/")


def test_the_lamp_cannot_read_a_key(lamp: Unit) -> None:
    hidden = {"-/etc/raftpi/keys", "-/etc/raftpi/client.key", "-/var/lib/raftpi"}
    assert set(lamp.all("InaccessiblePaths")) == hidden


def test_the_lamps_library_writes_where_the_lamp_may(lamp: Unit) -> None:
    own = f"/run/{lamp.one('RuntimeDirectory')}"
    assert f"LG_WD={own}" in lamp.all("Environment")
    assert lamp.one("WorkingDirectory") == own


def test_the_lamp_reaches_the_gpio_chips_and_no_other_device(lamp: Unit) -> None:
    assert lamp.one("DevicePolicy") == "closed"
    assert lamp.all("DeviceAllow") == ["char-gpiochip rw"]


def test_libzmq_may_do_what_it_aborts_without(unit: Unit, daemon: Unit) -> None:
    assert unit.all("SystemCallFilter")[-1] == "sched_setscheduler"
    assert "AF_NETLINK" in daemon.words("RestrictAddressFamilies")


def test_memory_with_keys_is_never_written_to_the_card(unit: Unit) -> None:
    assert unit.one("LimitCORE") == "0"


def test_every_user_and_group_of_the_units_is_made(daemon: Unit, lamp: Unit) -> None:
    lines = table(SYSUSERS)
    users = {fields[1] for fields in lines if fields[0] == "u"}
    groups = {fields[1] for fields in lines if fields[0] == "g"}
    assert (daemon.one("User"), lamp.one("User")) == ("raftpi", "raftpi-led")
    assert users == {"raftpi", "raftpi-led"}
    assert groups == {daemon.one("Group"), lamp.one("Group"), lamp.one("SupplementaryGroups")}
    assert all(fields[2] == "-:raftpi" for fields in lines if fields[0] == "u")
    assert ["m", "raftpi-led", "gpio"] in lines


def test_files_have_the_owners_and_modes_that_keep_secrets() -> None:
    assert {fields[1]: (fields[0], *fields[2:5]) for fields in table(TMPFILES)} == {
        "/etc/raftpi": ("d", "0755", "root", "root"),
        "/etc/raftpi/raftpi.toml": ("z", "0644", "root", "root"),
        "/etc/raftpi/trusted.toml": ("z", "0644", "root", "root"),
        "/etc/raftpi/client.key": ("z", "0640", "root", "raftpi"),
        "/etc/raftpi/keys": ("d", "0700", "raftpi", "raftpi"),
        "/etc/raftpi/keys/*.key": ("z", "0600", "raftpi", "raftpi"),
        "/var/lib/raftpi": ("d", "0700", "raftpi", "raftpi"),
    }
