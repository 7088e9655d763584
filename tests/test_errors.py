"""The exception tree and its exit codes, which are part of the outside surface."""

import inspect

import pytest

from raftpi import errors

# As fixed in the design: playbooks and systemd units rely on them.
EXIT_CODES = {
    "RaftpiError": 1,
    "Refused": 1,
    "UsageError": 2,
    "Timeout": 3,
    "Unavailable": 4,
    "ConfigurationError": 10,
    "DirectoryRefused": 11,
    "DamagedData": 12,
    "StorageFailure": 13,
    "NoSpace": 14,
    "NewerVersion": 15,
    "KeyProblem": 16,
    "ProtocolError": 1,
}
CLASSES: dict[str, type[errors.RaftpiError]] = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.RaftpiError)
}


@pytest.mark.parametrize(("name", "exit_code"), EXIT_CODES.items())
def test_each_error_ends_the_process_with_its_fixed_code(name: str, exit_code: int) -> None:
    assert CLASSES[name].exit_code == exit_code


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_is_a_raftpi_error_and_says_what_it_means(name: str) -> None:
    kind = CLASSES[name]
    assert issubclass(kind, errors.RaftpiError)
    assert kind.__doc__
    assert str(kind("the reason")) == "the reason"


def test_each_reason_not_to_start_has_a_code_of_its_own() -> None:
    codes = [kind.exit_code for kind in CLASSES.values() if kind.exit_code >= 10]
    assert sorted(codes) == list(range(10, 17))


def test_an_unknown_outcome_is_never_caught_as_certainly_not_done() -> None:
    for certain in (errors.Unavailable, errors.Refused):
        assert not issubclass(errors.Timeout, certain)
        assert not issubclass(certain, errors.Timeout)
