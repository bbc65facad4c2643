"""Everything on one machine that has only Python: servers, a simulated support centre, its numbers in the terminal."""
