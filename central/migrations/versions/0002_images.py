"""CT images, stills and clips of passages; who looks at them; which passages are flagged."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables; what awaits an answer today is flagged by its papers."""
    op.create_table(
        "media",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("passage_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("site", "line", "passage_id", "sha256", name="pk_media"),
    )
    op.create_index("ix_media_sha256", "media", ["sha256"], unique=False)
    op.create_table(
        "claims",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("passage_id", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("claimed_at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "passage_id", name="pk_claims"),
    )
    op.add_column("passages", sa.Column("image_outcome", sa.String(), nullable=True))
    op.add_column(
        "passages", sa.Column("flagged", sa.Boolean(), server_default=sa.text("(false)"), nullable=False)
    )
    op.execute("UPDATE passages SET flagged = true WHERE awaiting_answer")
    op.drop_index("ix_passages_awaiting", table_name="passages")
    op.create_index(
        "ix_passages_flagged",
        "passages",
        ["closed_at"],
        unique=False,
        sqlite_where=sa.text("flagged"),
        postgresql_where=sa.text("flagged"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_index("ix_passages_flagged", table_name="passages")
    op.create_index(
        "ix_passages_awaiting",
        "passages",
        ["inducted_at"],
        unique=False,
        sqlite_where=sa.text("awaiting_answer"),
        postgresql_where=sa.text("awaiting_answer"),
    )
    op.drop_column("passages", "flagged")
    op.drop_column("passages", "image_outcome")
    op.drop_table("claims")
    op.drop_table("media")
