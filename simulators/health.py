"""Whether the programs of a site answer as they should, asked from outside, as their users would."""

import contextlib
import http.client
import socket
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from central import schema
from config.settings import Broker, Centre, Line
from simulators import plant

_PATIENCE_S = 1.0


class Records(Struct, frozen=True):
    """What the centre holds of one line at a moment."""

    closed: int  # passages whose item lies in a lane or is known to be lost
    in_gaps: int  # items in gap records
    events: int
    outbox: int  # what the agent had still to deliver when it last reported
    reported_at: datetime | None  # when it last reported
    online: bool


def broker_answers(broker: Broker, data: Path) -> bool:
    """Whether it lets a client with the site's password in."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.username, (data / broker.password_file).read_text().strip())
    try:
        if client.connect(broker.host, broker.port) is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        client.loop(_PATIENCE_S)
        client.loop(_PATIENCE_S)
        return client.is_connected()
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError, ValueError):
            client.disconnect()


def centre_answers(centre: Centre) -> bool:
    """Whether it says it is ready: database and broker in reach."""
    connection = http.client.HTTPConnection(centre.host, centre.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def plant_answers(line: Line, data: Path) -> bool:
    """Whether its controller takes connections and its serial lines are there."""
    if plant.read_status(data) is None:
        return False
    with socket.socket() as probe:
        probe.settimeout(_PATIENCE_S)
        return probe.connect_ex((line.conveyor.host, line.conveyor.port)) == 0


def agent_answers(records: Records | None, data: Path) -> bool:
    """Whether the controller feels its heartbeat and the centre hears from it."""
    status = plant.read_status(data)
    return status is not None and status.agent_alive and records is not None and records.online


def read_records(engine: Engine, site: str, line: str) -> Records | None:
    """What the centre holds; None while its database cannot be read."""
    passages, gaps, events, states = schema.passages, schema.gaps, schema.events, schema.line_states
    try:
        with engine.connect() as connection:
            closed = select(func.count()).where(
                passages.c.site == site, passages.c.line == line, passages.c.closed_at.is_not(None)
            )
            missing = func.sum(gaps.c.last_tracking_id - gaps.c.first_tracking_id + 1)
            in_gaps = select(func.coalesce(missing, 0)).where(gaps.c.site == site, gaps.c.line == line)
            known = select(func.count()).where(events.c.site == site, events.c.line == line)
            latest = select(states.c.state, states.c.received_at).where(
                states.c.site == site, states.c.line == line
            )
            row = connection.execute(latest).one_or_none()
            state: dict[str, Any] = row.state if row else {}
            return Records(
                closed=connection.execute(closed).scalar_one(),
                in_gaps=int(connection.execute(in_gaps).scalar_one()),
                events=connection.execute(known).scalar_one(),
                outbox=state.get("outbox", 0),
                reported_at=row.received_at if row else None,
                online=state.get("online", False),
            )
    except SQLAlchemyError:
        return None
