"""The load: clients in closed or open loop over plain sockets, as fast as Python can be."""
