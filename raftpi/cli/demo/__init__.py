"""`raftpi demo`: a live cluster on this machine, its lamps drawn in the terminal."""


def run(nodes: int | None, directory: str | None, base_port: int | None) -> int:
    """Run the demo until its user leaves, then stop every daemon; returns the exit code.

    `directory` None: a temporary one, removed at the end. `nodes` None: as many as the
    directory has, or three. On a terminal it is a screen, otherwise lines. Raises UsageError
    when a package that it needs is not installed, and what `raftpi.local.LocalCluster` raises.
    """
    from raftpi.cli.demo.packages import require_packages
    from raftpi.cli.demo.terminal import on_a_terminal

    screen = on_a_terminal()
    require_packages(screen=screen)
    from raftpi.cli.demo.show import run_show

    return run_show(nodes, directory, base_port, screen=screen)
