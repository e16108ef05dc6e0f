"""The wire between edge and centre as an AsyncAPI 3.0 document, generated from the messages themselves.

`python -m edge.asyncapi` writes it; a test compares it with the file kept beside this one, so that every
change of the wire is seen in review.
"""

import json
import sys
from typing import Any, get_args

import msgspec
from msgspec import Struct

from edge import messages

_CHANNELS: dict[str, tuple[str, str, tuple[type[Struct], ...]]] = {
    "events": (
        "{site}/{line}/events",
        "edge → centre, kept in the outbox until a receipt",
        get_args(messages.Event),
    ),
    "state": ("{site}/{line}/state", "edge → centre, retained, with a last will", (messages.LineState,)),
    "receipts": ("{site}/{line}/receipts", "centre → edge, after the centre's commit", (messages.Receipts,)),
    "commands": ("{site}/{line}/commands", "centre → edge, signed", (messages.SignedCommand,)),
    "clearance": ("{site}/{line}/clearance", "centre → edge, numbered", (messages.ClearanceDelta,)),
    "centre": ("{site}/state", "centre → edges, retained", (messages.CentreState,)),
}
_REFERENCE = "#/components/schemas/{name}"


def document() -> dict[str, Any]:
    """The AsyncAPI document, in an order that does not change from run to run."""
    kinds = [kind for _, _, kinds in _CHANNELS.values() for kind in kinds]
    answer = messages.Answer  # travels as the payload of a SignedCommand
    _, schemas = msgspec.json.schema_components([*kinds, answer, messages.Envelope], ref_template=_REFERENCE)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Redpeak, edge and centre",
            "version": str(messages.VERSION),
            "description": "MQTT QoS 1; each payload is a CloudEvents 1.0 envelope (structured JSON) whose "
            "`data` is one of the messages below. No message holds personal data in the open.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            name: {
                "address": f"{messages.TOPIC_ROOT}/{address}",
                "description": text,
                "parameters": {word: {} for word in ("site", "line") if f"{{{word}}}" in address},
                "messages": {
                    kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in kinds_here
                },
            }
            for name, (address, text, kinds_here) in _CHANNELS.items()
        },
        "components": {
            "messages": {
                kind.__name__: {"payload": {"$ref": _REFERENCE.format(name=kind.__name__)}} for kind in kinds
            },
            "schemas": {name: schemas[name] for name in sorted(schemas)},
        },
    }


def text() -> str:
    """The document as it is kept."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
