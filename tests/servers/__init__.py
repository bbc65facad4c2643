"""The real servers the tests talk to, each as a container or as a process."""
