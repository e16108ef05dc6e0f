"""A plant that never was: belt, parcels and devices that speak their real protocols, and `redpeak up`."""
