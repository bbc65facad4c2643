"""Everything together, on real servers: what only shows when all the parts meet."""
