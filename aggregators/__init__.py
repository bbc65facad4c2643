"""What is counted: pure functions of events and time, standard library only."""
