"""A cluster of real daemon processes on this machine: for the demo, for scripts, tests and benches.

`LocalCluster` (in `cluster.py`) is the door; what it knows lives in DIR/cluster.json.
"""
