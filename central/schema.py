"""The centre's tables: what lines reported, what the papers say, who may see it and who did what.

`site` stands in every table from the first day, `organisation` wherever data belongs to one. Times are UTC.
Columns named `sealed_…` hold personal data encrypted with the site's keyring, context "table.column" without
the prefix; the only way from one record to another about the same parcel is `waybill_key`, a keyed hash.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from central.columns import Json, metadata
from central.columns import site_column as _site
from central.columns import text_column as _text
from central.columns import time_column as _time
from central.times import Utc

sites = Table(
    "sites",
    metadata,
    _text("id", key=True),
    _text("name"),
    Column("clearance_number", BigInteger(), nullable=False, server_default="0"),  # its row is the log's lock
)

organisations = Table(
    "organisations",
    metadata,
    _text("id", key=True),
    _site(),
    _text("name"),
    _text("kind"),  # customs, operator, express_company
    _text("courier", default=""),  # the courier code whose parcels are an express company's own
)

users = Table(
    "users",
    metadata,
    _text("id", key=True),  # staff id: stands in answers and in the audit trail
    _site(),
    _text("organisation"),
    Column("username", String(), nullable=False, unique=True),
    _text("display_name"),
    _text("password_hash"),  # argon2id
    Column("failures", Integer(), nullable=False, server_default="0"),
    _time("locked_until", null=True),
    Column("active", Boolean(), nullable=False, server_default=text("true")),
    _time("created_at"),
)

user_roles = Table("user_roles", metadata, _text("user_id", key=True), _text("role", key=True))

sessions = Table(
    "sessions",
    metadata,
    _text("token_hash", key=True),  # SHA-256 of the cookie's token
    _text("user_id"),
    _time("created_at"),
    _time("expires_at"),
)

waybills = Table(
    "waybills",
    metadata,
    _text("waybill_key", key=True),
    _site(),
    _text("organisation", null=True),  # the express company it belongs to, by courier code
    _text("last4"),
    Column("sealed_number", LargeBinary(), nullable=False),
    Column("sealed_master_bill", LargeBinary(), nullable=False),
    Column("sealed_consignee", LargeBinary(), nullable=False),
    _text("mode"),
    _text("courier"),
    _text("destination"),
    Column("aliases", Json, nullable=False),  # waybill keys of other codes on the same parcel
    Column("declared_weight_g", Float(), nullable=True),
    Column("goods", Json, nullable=False),
    _text("digest"),  # keyed hash of the imported record: an unchanged one is not written again
    _time("imported_at"),
    Column("clearance_number", BigInteger(), nullable=True),  # of its latest entry in the clearance log
)

declarations = Table(
    "declarations",
    metadata,
    _text("declaration_key", key=True),
    _site(),
    _text("organisation", null=True),
    Column("waybill_key", String(), nullable=False, index=True),
    _text("last4"),
    Column("sealed_number", LargeBinary(), nullable=False),
    _text("mode"),
    Column("customs_status", Integer(), nullable=False),
    _time("status_at"),
    _text("control_instruction", default=""),
    Column("review", Boolean(), nullable=False),
    _text("digest"),
    _time("imported_at"),
)

clearance = Table(
    "clearance",
    metadata,
    _text("site", key=True),
    Column("number", BigInteger(), primary_key=True, autoincrement=False),  # one number per change set
    _text("waybill_key", key=True),
    Column("entry", Json, nullable=False),
    _time("made_at"),
)

passages = Table(
    "passages",
    metadata,
    _text("passage_id", key=True),
    _text("site", key=True),
    _text("line", key=True),  # in the key: no line can write over another's record
    Column("epoch", BigInteger(), nullable=False),
    Column("tracking_id", BigInteger(), nullable=False),
    Column("waybill_key", String(), nullable=True, index=True),  # the closing's, else the verdict's
    _text("closed_waybill_key", null=True),
    Column("inducted_at", Utc(), nullable=False, index=True),
    _time("decided_at", null=True),
    Column("revision", Integer(), nullable=True),
    Column("lane_decided", Integer(), nullable=True),
    _text("role_decided", null=True),
    Column("reasons", Json, nullable=True),
    Column("evidence", Json, nullable=True),
    Column("weight_g", Float(), nullable=True),
    _text("image_outcome", null=True),  # what the review of its CT image came to
    _text("policy", null=True),
    Column("awaiting_answer", Boolean(), nullable=False, server_default=text("false")),
    Column("flagged", Boolean(), nullable=False, server_default=text("false")),  # by its image or its papers
    Column("decided_sequence", BigInteger(), nullable=True),  # links into the line's journal
    _text("decided_hash", null=True),
    _time("closed_at", null=True),
    Column("lane_actual", Integer(), nullable=True),
    _text("role_actual", null=True),
    Column("as_decided", Boolean(), nullable=True),
    Column("timeline", Json, nullable=True),
    Column("closed_sequence", BigInteger(), nullable=True),
    _text("closed_hash", null=True),
    Index(
        "ix_passages_flagged",
        "closed_at",
        sqlite_where=text("flagged"),
        postgresql_where=text("flagged"),
    ),
)

events = Table(  # the deduplication key: every envelope ever accepted
    "events",
    metadata,
    _text("site", key=True),
    _text("line", key=True),
    _text("envelope_id", key=True),
    _text("type"),
    Column("sequence", BigInteger(), nullable=False),
    _time("received_at"),
)

media = Table(  # kept files about passages; the bytes lie in the media store, joined by their hash
    "media",
    metadata,
    _text("site", key=True),
    _text("line", key=True),
    _text("passage_id", key=True),
    Column("sha256", String(), primary_key=True, index=True),
    _text("kind"),
    _text("part"),  # of a volume its energy; of a report who made it, "" the machine
    _text("media_type"),
    Column("size", BigInteger(), nullable=False),
    _text("device"),
    _time("recorded_at"),
    Column("sequence", BigInteger(), nullable=True),  # link into the line's journal; None: made here
    _text("hash", null=True),
)

gaps = Table(
    "gaps",
    metadata,
    _text("site", key=True),
    _text("line", key=True),
    _text("envelope_id", key=True),
    Column("epoch", BigInteger(), nullable=False),
    Column("first_tracking_id", BigInteger(), nullable=False),
    Column("last_tracking_id", BigInteger(), nullable=False),
    Column("first_sequence", BigInteger(), nullable=False),
    Column("last_sequence", BigInteger(), nullable=False),
    _text("cause"),
    Column("lane_counts", Json, nullable=False),
    _time("recorded_at"),
)

answers = Table(
    "answers",
    metadata,
    _text("answer_id", key=True),
    _site(),
    _text("line"),
    Column("passage_id", String(), nullable=False, index=True),
    _text("decision"),
    Column("officers", Json, nullable=False),  # user ids
    Column("sealed_reason", LargeBinary(), nullable=False),  # an officer's free text may name a person
    _time("issued_at"),
    _text("ruling"),
    _time("ruled_at", null=True),
    Column("position_mm", Integer(), nullable=True),
    _text("detail", default=""),
)

claims = Table(  # who looks at an image now, so that two officers never work on one
    "claims",
    metadata,
    _text("site", key=True),
    _text("passage_id", key=True),
    _text("officer"),  # user id
    _time("claimed_at"),
    _time("until"),
)

line_states = Table(
    "line_states",
    metadata,
    _text("site", key=True),
    _text("line", key=True),
    Column("state", Json, nullable=False),  # the latest LineState, as it came
    _time("received_at"),
)

devices = Table(
    "devices",
    metadata,
    _text("site", key=True),
    _text("line", key=True),
    _text("device", key=True),
    _text("state"),
    _text("detail"),
    _time("changed_at"),
)

alarms = Table(
    "alarms",
    metadata,
    _text("site", key=True),
    _text("line", key=True),
    _text("envelope_id", key=True),
    _text("code"),
    _text("detail"),
    Column("raised_at", Utc(), nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    _site(),
    Column("at", Utc(), nullable=False, index=True),
    _text("actor"),  # user id; "" for the command line
    _text("action"),
    _text("subject"),  # a passage or user id, never personal data
    Column("sealed_reason", LargeBinary(), nullable=True),
)

quarantine = Table(
    "quarantine",
    metadata,
    _text("site", key=True),
    _text("line", key=True),
    _text("digest", key=True),  # SHA-256 of the message: a resent one is counted, not kept again
    _text("envelope_id", null=True),  # None: not readable, so it cannot be receipted
    Column("reason", Text(), nullable=False),
    Column("sealed_raw", LargeBinary(), nullable=False),
    Column("times", Integer(), nullable=False),
    Column("received_at", Utc(), nullable=False, index=True),
)
