"""The agent of one sorting line: observes, decides, writes down, then acts."""
