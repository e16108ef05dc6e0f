"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create every table of the first day."""
    op.create_table(
        "alarms",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("envelope_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("raised_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "line", "envelope_id", name="pk_alarms"),
    )
    op.create_index("ix_alarms_raised_at", "alarms", ["raised_at"], unique=False)

    op.create_table(
        "answers",
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("passage_id", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("officers", _JSON, nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", _TIME, nullable=False),
        sa.Column("ruling", sa.String(), nullable=False),
        sa.Column("ruled_at", _TIME, nullable=True),
        sa.Column("position_mm", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("answer_id", name="pk_answers"),
    )
    op.create_index("ix_answers_passage_id", "answers", ["passage_id"], unique=False)

    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)

    op.create_table(
        "clearance",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("waybill_key", sa.String(), nullable=False),
        sa.Column("entry", _JSON, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "number", "waybill_key", name="pk_clearance"),
    )
    op.create_table(
        "declarations",
        sa.Column("declaration_key", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=True),
        sa.Column("waybill_key", sa.String(), nullable=False),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("customs_status", sa.Integer(), nullable=False),
        sa.Column("status_at", _TIME, nullable=False),
        sa.Column("control_instruction", sa.String(), server_default="", nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("imported_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("declaration_key", name="pk_declarations"),
    )
    op.create_index("ix_declarations_waybill_key", "declarations", ["waybill_key"], unique=False)

    op.create_table(
        "devices",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "line", "device", name="pk_devices"),
    )
    op.create_table(
        "events",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("envelope_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "line", "envelope_id", name="pk_events"),
    )
    op.create_table(
        "gaps",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("envelope_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("first_tracking_id", sa.BigInteger(), nullable=False),
        sa.Column("last_tracking_id", sa.BigInteger(), nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("lane_counts", _JSON, nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "line", "envelope_id", name="pk_gaps"),
    )
    op.create_table(
        "line_states",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("state", _JSON, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "line", name="pk_line_states"),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("courier", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
    )
    op.create_table(
        "passages",
        sa.Column("passage_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("tracking_id", sa.BigInteger(), nullable=False),
        sa.Column("waybill_key", sa.String(), nullable=True),
        sa.Column("closed_waybill_key", sa.String(), nullable=True),
        sa.Column("inducted_at", _TIME, nullable=False),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("lane_decided", sa.Integer(), nullable=True),
        sa.Column("role_decided", sa.String(), nullable=True),
        sa.Column("reasons", _JSON, nullable=True),
        sa.Column("evidence", _JSON, nullable=True),
        sa.Column("weight_g", sa.Float(), nullable=True),
        sa.Column("policy", sa.String(), nullable=True),
        sa.Column("awaiting_answer", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("decided_sequence", sa.BigInteger(), nullable=True),
        sa.Column("decided_hash", sa.String(), nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("lane_actual", sa.Integer(), nullable=True),
        sa.Column("role_actual", sa.String(), nullable=True),
        sa.Column("as_decided", sa.Boolean(), nullable=True),
        sa.Column("timeline", _JSON, nullable=True),
        sa.Column("closed_sequence", sa.BigInteger(), nullable=True),
        sa.Column("closed_hash", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("passage_id", "site", "line", name="pk_passages"),
    )
    op.create_index(
        "ix_passages_awaiting",
        "passages",
        ["inducted_at"],
        unique=False,
        sqlite_where=sa.text("awaiting_answer"),
        postgresql_where=sa.text("awaiting_answer"),
    )
    op.create_index("ix_passages_inducted_at", "passages", ["inducted_at"], unique=False)
    op.create_index("ix_passages_waybill_key", "passages", ["waybill_key"], unique=False)

    op.create_table(
        "quarantine",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("envelope_id", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sealed_raw", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "line", "digest", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_received_at", "quarantine", ["received_at"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("clearance_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "role", name="pk_user_roles"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", _TIME, nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "waybills",
        sa.Column("waybill_key", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=True),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_master_bill", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_consignee", sa.LargeBinary(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("courier", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("aliases", _JSON, nullable=False),
        sa.Column("declared_weight_g", sa.Float(), nullable=True),
        sa.Column("goods", _JSON, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("imported_at", _TIME, nullable=False),
        sa.Column("clearance_number", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("waybill_key", name="pk_waybills"),
    )


def downgrade() -> None:
    """Drop them all."""
    for table in (
        "waybills",
        "users",
        "user_roles",
        "sites",
        "sessions",
        "quarantine",
        "passages",
        "organisations",
        "line_states",
        "gaps",
        "events",
        "devices",
        "declarations",
        "clearance",
        "audit",
        "answers",
        "alarms",
    ):
        op.drop_table(table)
