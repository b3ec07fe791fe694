"""The driver: what is ready is looked up, handed out and recorded; failures are retried, losses made good."""
