"""The Raft algorithm: pure, deterministic, and meant to be read.

Where to begin: `messages.py` says what replicas tell each other, `state.py` what one of them
knows, `raft.py` how a driver talks to it. Then one file a subject:

- `roles.py`        follower, pre-candidate, candidate, leader, and the table of transitions
- `election.py`     pre-vote, vote, and the hint of a dropped connection
- `replication.py`  appending, backing up over conflicts, the commit rule of figure 8
- `heartbeats.py`   rounds, check-quorum, the lease of the lamp
- `reads.py`        linearizable reads without a log write
- `transfer.py`     handing leadership over
- `founding.py`     how a cluster is born once, and who has lost its memory

and what they stand on: `log.py`, `progress.py` (a follower as its leader sees it), `quorum.py`,
`durability.py` (what is on the card already), `ready.py` (what a driver must do now).
`invariants.py` checks what must always hold; every test and every simulated step runs it.

The driver's duty, in this order: take in everything that has arrived (`step`, `propose`,
`read`, `persisted`, …), call `tick`, take one `ready()`, and carry it out. "Paper" in a comment
is Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm" (extended
version, 2014); "thesis" is Ongaro, "Consensus: Bridging Theory and Practice" (2014).
"""
