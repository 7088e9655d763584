"""The production node on virtual time, a virtual network and virtual cards; all from one seed."""
