"""The worker: one segment, one step at a time, in this process as on Ray; what it prints, uses and leaves behind."""
