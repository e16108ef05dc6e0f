"""The history of the centre's tables, for Alembic."""
