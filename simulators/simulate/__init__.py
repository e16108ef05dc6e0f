"""`redpeak simulate`: seeds run in memory, judged by the checker, counted and told to people."""
