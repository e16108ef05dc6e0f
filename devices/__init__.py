"""Devices on a sorting line: one interface per kind, transports once, drivers one file each."""
