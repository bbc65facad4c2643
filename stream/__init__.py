"""How events get in and numbers get out: Kafka, Redis, Prometheus, the command line."""
