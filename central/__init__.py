"""The central service: ties what the lines saw to the papers, keeps the records, serves the console."""
