"""A broker and a Redis inside the demo, for a machine with nothing but Python."""
