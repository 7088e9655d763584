"""Frames on ZeroMQ: the peers' messages, the clients' requests, the sockets' settings."""
