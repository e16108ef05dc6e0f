"""A dual-energy CT scanner that never was: what parcels hold, how its rays see that, and what it sends."""
