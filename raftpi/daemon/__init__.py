"""The process that systemd runs: event loop, configuration, journal, wiring."""
