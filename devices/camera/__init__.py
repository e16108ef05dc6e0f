"""Cameras over the belt: a process for each, which keeps the last seconds and cuts stills and clips."""
