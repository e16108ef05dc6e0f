"""The plant's ends of the wires: each turns what the world yields into the bytes of a real protocol."""
