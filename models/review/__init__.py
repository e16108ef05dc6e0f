"""Reviewers of CT volumes and the process they run in."""
