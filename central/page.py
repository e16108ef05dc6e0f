"""One passage with everything known of it, as the person who asked may see it; and its papers in the open."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, and_, select

from central import masking, schema
from central.image_views import MediaItem, ScanView, shown_review
from central.papers import Consignee
from central.passages import row_view
from central.roles import INSPECTION, TARGETING, Permission, Principal, shown_reasons
from central.views import (
    NEVER_RULED,
    AnswerView,
    ChainView,
    ClearanceView,
    ConsigneeView,
    DeclarationView,
    PapersView,
    PassagePage,
    Revealed,
    RevealedCode,
)
from config.keyring import Keyring
from config.settings import Mode
from edge.messages import ChainLink, ClearanceEntry, ClearanceState, Decision, Evidence, Ruling

RULED_WITHIN = timedelta(seconds=60)  # of the closing, at which the line rules at the latest

_TOLD_AS_INSPECT = {ClearanceState.REVIEW.value, ClearanceState.INSPECT.value}


def page(
    connection: Connection,
    keyring: Keyring,
    principal: Principal,
    passage: RowMapping,
    waybill: RowMapping | None,
    media: tuple[MediaItem, ...],
    now: datetime,
) -> PassagePage:
    """The page of a passage, papers masked; `media`: its files, for those who may see images."""
    row = row_view(passage, principal)
    return PassagePage(
        **{name: getattr(row, name) for name in row.__struct_fields__},
        epoch=passage["epoch"],
        tracking_id=passage["tracking_id"],
        revision=passage["revision"],
        policy=passage["policy"],
        as_decided=passage["as_decided"],
        evidence=_evidence(passage["evidence"], principal),
        clearance=_clearance(connection, waybill, principal),
        papers=_papers(connection, keyring, waybill, principal, revealed=False),
        goods=tuple(waybill["goods"]) if waybill else (),
        timeline=tuple(_moment(each, principal) for each in passage["timeline"] or ()),
        answers=answers_of(connection, keyring, principal, passage["passage_id"], now),
        scan=scan_of(passage, principal),
        media=media,
        chain=ChainView(decided=_link(passage, "decided"), closed=_link(passage, "closed")),
    )


def revealed(
    connection: Connection,
    keyring: Keyring,
    principal: Principal,
    passage: RowMapping,
    waybill: RowMapping | None,
) -> Revealed:
    """Papers and barcode texts in the open; the caller has written the audit entry."""
    evidence = msgspec.convert(passage["evidence"], Evidence) if passage["evidence"] else Evidence()
    return Revealed(
        papers=_papers(connection, keyring, waybill, principal, revealed=True),
        codes=tuple(
            RevealedCode(scanner=code.scanner, raw=_opened(keyring, code.sealed_raw))
            for code in evidence.codes
        ),
    )


def scan_of(passage: RowMapping, principal: Principal) -> ScanView | None:
    """The CT scan of a passage; None without one, and for those who may not see images."""
    if passage["evidence"] is None or not principal.may(Permission.SEE_IMAGES):
        return None
    scan = msgspec.convert(passage["evidence"], Evidence).scan
    if scan is None:
        return None
    return ScanView(
        scan_id=scan.scan_id, volumes=scan.volumes, review=shown_review(scan.review), doubts=scan.doubts
    )


def answers_of(
    connection: Connection, keyring: Keyring, principal: Principal, passage_id: str, now: datetime
) -> tuple[AnswerView, ...]:
    """A passage's answers, oldest first; none for those who may not know that an officer was asked."""
    if not principal.may(Permission.SEE_TARGETING):
        return ()
    answers = schema.answers
    rows = connection.execute(
        select(answers).where(answers.c.passage_id == passage_id).order_by(answers.c.issued_at)
    ).mappings()
    return answer_views(connection, keyring, list(rows), now)


def answer_views(
    connection: Connection, keyring: Keyring, rows: Sequence[RowMapping], now: datetime
) -> tuple[AnswerView, ...]:
    """Rows of `answers` with the officers' names in place of their ids."""
    unruled = _never_ruled(connection, rows, now)
    users = schema.users
    ids = {officer for row in rows for officer in row["officers"]}
    found = connection.execute(select(users.c.id, users.c.display_name).where(users.c.id.in_(ids)))
    names = {row.id: row.display_name for row in found}
    return tuple(
        AnswerView(
            answer_id=row["answer_id"],
            passage_id=row["passage_id"],
            decision=Decision(row["decision"]),
            officers=tuple(names.get(officer, officer) for officer in row["officers"]),
            reason=keyring.unseal(row["sealed_reason"], "answers.reason").decode(),
            issued_at=row["issued_at"],
            ruling=NEVER_RULED if row["answer_id"] in unruled else row["ruling"],
            ruled_at=row["ruled_at"],
            position_mm=row["position_mm"],
            detail=row["detail"],
        )
        for row in rows
    )


def _never_ruled(connection: Connection, rows: Sequence[RowMapping], now: datetime) -> set[str]:
    """Answers still "sent" well after their passage closed. A ruling that comes even then is shown."""
    sent = {row["answer_id"] for row in rows if row["ruling"] == Ruling.SENT}
    answers, passages = schema.answers, schema.passages
    found = connection.execute(
        select(answers.c.answer_id)
        .join(
            passages,
            and_(
                passages.c.passage_id == answers.c.passage_id,
                passages.c.site == answers.c.site,
                passages.c.line == answers.c.line,
            ),
        )
        .where(answers.c.answer_id.in_(sent), passages.c.closed_at <= now - RULED_WITHIN)
    )
    return set(found.scalars())


def _papers(
    connection: Connection,
    keyring: Keyring,
    waybill: RowMapping | None,
    principal: Principal,
    *,
    revealed: bool,
) -> PapersView | None:
    if waybill is None:
        return None
    declarations = schema.declarations
    rows = connection.execute(
        select(declarations)
        .where(declarations.c.waybill_key == waybill["waybill_key"], declarations.c.site == waybill["site"])
        .order_by(declarations.c.status_at.desc())
    ).mappings()
    consignee = msgspec.json.decode(
        keyring.unseal(waybill["sealed_consignee"], "waybills.consignee"), type=Consignee
    )
    targeting = principal.may(Permission.SEE_TARGETING)
    return PapersView(
        number=_number(keyring, waybill, "waybills", revealed=revealed),
        mode=Mode(waybill["mode"]),
        courier=waybill["courier"],
        destination=waybill["destination"],
        master_bill=_master_bill(keyring, waybill, revealed=revealed),
        declared_weight_g=waybill["declared_weight_g"],
        consignee=_consignee(consignee, revealed=revealed),
        declarations=tuple(
            DeclarationView(
                number=_number(keyring, row, "declarations", revealed=revealed),
                mode=Mode(row["mode"]),
                customs_status=row["customs_status"] if targeting else None,
                status_at=row["status_at"],
                control_instruction=row["control_instruction"] if targeting else "",
                review=row["review"] and targeting,
            )
            for row in rows
        ),
    )


def _consignee(consignee: Consignee, *, revealed: bool) -> ConsigneeView:
    shown: Callable[[Callable[[str], str], str], str] = lambda mask, full: full if revealed else mask(full)  # noqa: E731
    return ConsigneeView(
        name=shown(masking.name, consignee.name),
        phone=shown(masking.phone, consignee.phone),
        address=shown(masking.address, consignee.address),
        id_number=shown(masking.id_number, consignee.id_number),
    )


def _number(keyring: Keyring, row: RowMapping, table: str, *, revealed: bool) -> str:
    if not revealed:
        return masking.number(row["last4"])
    return keyring.unseal(row["sealed_number"], f"{table}.number").decode()


def _master_bill(keyring: Keyring, waybill: RowMapping, *, revealed: bool) -> str:
    full = keyring.unseal(waybill["sealed_master_bill"], "waybills.master_bill").decode()
    return full if revealed or not full else masking.number(full[-4:])


def _clearance(
    connection: Connection, waybill: RowMapping | None, principal: Principal
) -> ClearanceView | None:
    if waybill is None or waybill["clearance_number"] is None:
        return None
    log = schema.clearance
    found = connection.execute(
        select(log.c.entry).where(
            and_(
                log.c.site == waybill["site"],
                log.c.number == waybill["clearance_number"],
                log.c.waybill_key == waybill["waybill_key"],
            )
        )
    ).scalar()
    if found is None:
        return None
    entry = msgspec.convert(found, ClearanceEntry)
    return ClearanceView(
        state=_state(entry.state, principal),
        version=entry.version,
        as_of=entry.as_of,
        reasons=shown_reasons(entry.reasons, principal),
    )


def _state(state: str, principal: Principal) -> str:
    hidden = state in _TOLD_AS_INSPECT and not principal.may(Permission.SEE_TARGETING)
    return ClearanceState.INSPECT.value if hidden else state


def _evidence(evidence: dict[str, Any] | None, principal: Principal) -> dict[str, Any] | None:
    """What the verdict rested on, without the sealed bytes, which only `revealed` opens."""
    if evidence is None:
        return None
    codes = [
        {key: value for key, value in code.items() if key != "sealed_raw"}
        for code in evidence.get("codes", ())
    ]
    shown = {**evidence, "codes": codes, "doubts": shown_reasons(evidence.get("doubts", ()), principal)}
    if not principal.may(Permission.SEE_IMAGES):
        shown.pop("scan", None)
    if evidence.get("clearance"):
        clearance = evidence["clearance"]
        shown["clearance"] = {
            **clearance,
            "state": _state(clearance["state"], principal),
            "reasons": shown_reasons(clearance.get("reasons", ()), principal),
        }
    return shown


def _moment(moment: dict[str, Any], principal: Principal) -> dict[str, Any]:
    detail = moment.get("detail", "")
    if principal.may(Permission.SEE_TARGETING) or not any(reason in detail for reason in TARGETING):
        return moment
    return {**moment, "detail": INSPECTION}


def _link(passage: RowMapping, part: str) -> ChainLink | None:
    sequence, digest = passage[f"{part}_sequence"], passage[f"{part}_hash"]
    return None if sequence is None else ChainLink(sequence=sequence, hash=digest or "")


def _opened(keyring: Keyring, sealed: str) -> str:
    raw = keyring.unseal(base64.b64decode(sealed), "codes")
    return raw.decode("utf-8", "backslashreplace")
