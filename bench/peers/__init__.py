"""What is measured: raftpi, those that people would use instead, and the floor."""
