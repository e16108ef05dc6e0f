"""Parts of the line benchmark: a line with CT and camera on real wires, trials of it, and their cost."""
