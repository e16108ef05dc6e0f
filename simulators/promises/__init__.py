"""The checker: holds what a line promises against truth, lanes and the centre's database."""
