"""Where frames begin and end on a serial line, and what they say: pure byte machines, one file per vendor."""
