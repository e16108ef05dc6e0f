"""Parts of the ingest benchmark: the grown database, the load, and the same rows by plain SQL."""
