"""What `raftpi doctor` looks at on a board, one file for each check, and what it advises."""
