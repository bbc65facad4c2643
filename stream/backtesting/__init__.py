"""When alert rules would have fired: history computed, a Prometheus fed with it, and its alerts told one by one."""
