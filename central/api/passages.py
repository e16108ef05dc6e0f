"""Passages: lists, one passage, its papers in the open, and officers' answers."""

from typing import Annotated

from litestar import get, post
from litestar.exceptions import (
    ClientException,
    HTTPException,
    PermissionDeniedException,
)
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, QueryParameter
from msgspec import Meta, Struct, field

from central import page, passages
from central.answers import AnswerError, Refusal, Sent
from central.api import found
from central.api.guard import Asked, TheCentre, needs
from central.api.session import Credentials
from central.centre import Centre
from central.roles import Permission, Principal
from central.views import PassageList, PassagePage, Revealed
from config.settings import LaneRole
from edge.messages import Decision

Why = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]

_STATUS = {Refusal.NO_PASSAGE: 404, Refusal.LINE_AWAY: 503}  # the others are conflicts


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """The filters of a list; `waybill` is a full number: personal data, so never in a URL."""

    line: str = ""
    role: LaneRole | None = None
    reason: str = ""
    waybill: str = ""
    is_open: bool | None = field(name="open", default=None)
    before: str = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class RevealRequest(Struct, frozen=True):
    """Why someone wants to see personal data in the open."""

    reason: Why


class AnswerRequest(Struct, frozen=True):
    """An officer's answer; an override carries the second officer's own credentials."""

    decision: Decision
    reason: Why
    second_officer: Credentials | None = None


@get("/passages", opt=needs(Permission.SEE_PASSAGES), sync_to_thread=True)
def list_passages(
    centre: TheCentre,
    request: Asked,
    line: FromQuery[str] = "",
    role: FromQuery[LaneRole | None] = None,
    reason: FromQuery[str] = "",
    is_open: Annotated[bool | None, QueryParameter(name="open")] = None,
    before: FromQuery[str] = "",
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
) -> PassageList:
    """Passages, newest first."""
    search = Search(line=line, role=role, reason=reason, is_open=is_open, before=before, limit=limit)
    return _listed(centre, request.user, search)


@post("/passages/search", opt=needs(Permission.SEE_PASSAGES), status_code=200, sync_to_thread=True)
def search_passages(data: JSONBody[Search], centre: TheCentre, request: Asked) -> PassageList:
    """Passages, newest first, also those of one waybill, found by its keyed hash."""
    return _listed(centre, request.user, data)


@get("/passages/{passage_id:str}", opt=needs(Permission.SEE_PASSAGES), sync_to_thread=True)
def show_passage(passage_id: FromPath[str], centre: TheCentre, request: Asked) -> PassagePage:
    """Everything known of one passage, personal data masked."""
    with centre.engine.connect() as connection:
        passage, waybill = found.passage(connection, centre, request.user, passage_id)
        files = found.files(connection, centre, request.user, passage)
        return page.page(connection, centre.keyring, request.user, passage, waybill, files, centre.clock())


@post(
    "/passages/{passage_id:str}/reveal",
    opt=needs(Permission.REVEAL_PAPERS),
    status_code=200,
    sync_to_thread=True,
)
def reveal_papers(
    passage_id: FromPath[str], data: JSONBody[RevealRequest], centre: TheCentre, request: Asked
) -> Revealed:
    """Papers and barcode texts in the open; the audit entry is durable before anything is shown."""
    with centre.engine.connect() as connection:
        passage, waybill = found.passage(connection, centre, request.user, passage_id)
    found.note_reveal(centre, request.user, "papers", passage_id, data.reason)
    with centre.engine.connect() as connection:
        return page.revealed(connection, centre.keyring, request.user, passage, waybill)


@post(
    "/passages/{passage_id:str}/answers",
    opt=needs(Permission.ANSWER),
    status_code=202,
    sync_to_thread=True,
)
def answer_passage(
    passage_id: FromPath[str], data: JSONBody[AnswerRequest], centre: TheCentre, request: Asked
) -> Sent:
    """Send an officer's answer to the line. Its ruling comes later, as an `answer` event."""
    second = None
    if data.second_officer is not None:
        second = centre.users.verify(data.second_officer.username, data.second_officer.password)
        if second is None:  # 400: the first officer's own session is in order
            raise ClientException("second officer: name or password wrong, or account locked for a while")
        if not second.may(Permission.ANSWER):
            raise PermissionDeniedException("second officer: this role may not answer")
    try:
        sent = centre.answers.give(passage_id, data.decision, data.reason, request.user, second)
    except AnswerError as error:
        extra = {"why": error.why.value, **({"by": error.by} if error.by else {})}
        raise HTTPException(
            status_code=_STATUS.get(error.why, 409), detail=str(error), extra=extra
        ) from error
    centre.hub.answered(sent.answer_id)
    centre.hub.claimed(passage_id)
    centre.officer_reports.answered(passage_id)
    return sent


def _listed(centre: Centre, principal: Principal, search: Search) -> PassageList:
    with centre.engine.connect() as connection:
        return passages.listed(
            connection,
            centre.site.id,
            principal,
            line=search.line,
            role=search.role,
            reason=search.reason,
            waybill_key=centre.keyring.waybill_key(search.waybill) if search.waybill else "",
            is_open=search.is_open,
            before=search.before,
            limit=search.limit,
        )
