"""The web application: all routes behind one guard, answers in one shape, headers that bind browsers."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import structlog
from litestar import Litestar, Request, Response, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from central.api import (
    console,
    events,
    images,
    media,
    passages,
    pictures,
    records,
    reviews,
    session,
    site,
    status,
    uploads,
)
from central.api.guard import Authentication, check_permission, needs
from central.centre import Centre
from central.roles import Permission

_log = structlog.get_logger(__name__)

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; media-src 'self' blob:; worker-src 'self' blob:; "
    "connect-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# Not to be compressed: streams, and what is packed already.
_PACKED = [r"/api/events", r"/api/lines/.*/clearance", r"/api/passages/[^/]+/(image|media|reports)/"]

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def make_app(centre: Centre, lifespan: list[Lifespan] | None = None) -> Litestar:
    """The application around a composed centre."""
    api = Router(
        "/api",
        route_handlers=[
            session.log_in,
            session.log_out,
            session.show_me,
            site.show_site,
            site.show_line_state,
            site.fetch_clearance,
            passages.list_passages,
            passages.search_passages,
            passages.show_passage,
            passages.reveal_papers,
            passages.answer_passage,
            reviews.list_reviews,
            reviews.claim_review,
            reviews.release_review,
            images.show_image,
            images.fetch_image,
            images.show_attenuation,
            images.show_materials,
            pictures.show_slice,
            pictures.show_projection,
            media.list_media,
            media.fetch_media,
            media.show_masked,
            media.reveal_media,
            media.show_report,
            uploads.show_progress,
            uploads.receive_piece,
            records.show_figures,
            records.list_alarms,
            records.list_audit,
            events.stream_events,
        ],
        response_headers={"Cache-Control": "no-store"},
    )
    return Litestar(
        route_handlers=[
            api,
            status.show_health,
            status.show_metrics,
            console.serve_index,
            console.serve_file,
        ],
        state=State({"centre": centre}),
        dependencies={"centre": Provide(_given_centre, sync_to_thread=False)},
        guards=[check_permission],
        middleware=[DefineMiddleware(Authentication)],
        lifespan=list(lifespan or ()),
        exception_handlers={HTTPException: _refused, Exception: _failed},
        response_headers=_HEADERS,
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=5, exclude=_PACKED),
        openapi_config=OpenAPIConfig(
            title="Redpeak",
            version=centre.version,
            render_plugins=[JsonRenderPlugin(path="/")],
            openapi_router=Router(
                "/api/openapi.json", route_handlers=[], opt=needs(Permission.PUBLIC), include_in_schema=False
            ),
        ),
        logging_config=None,  # the process has configured its logs
        request_max_body_size=1_000_000,
    )


def _given_centre(state: State) -> Centre:
    return state.centre


def _refused(request: Request[object, object, State], error: HTTPException) -> Response[dict[str, object]]:
    """Every refusal in the same shape; what was sent is never repeated."""
    content: dict[str, object] = {"status_code": error.status_code, "detail": error.detail}
    extra: Any = error.extra  # Litestar's own: a list of {"key", "message"}; ours: {"why"}
    if isinstance(extra, dict):
        told = cast("dict[str, object]", extra)
        content.update({name: told[name] for name in ("why", "by") if name in told})
    elif isinstance(extra, list):
        fields = [entry.get("key", "") for entry in cast("list[dict[str, str]]", extra)]
        content["detail"] = (
            f"not as expected: {', '.join(fields)}"  # Litestar's own text quotes the whole URL
        )
        content["fields"] = fields
    headers = {**_HEADERS, "Cache-Control": "no-store", **(error.headers or {})}
    return Response(content, status_code=error.status_code, headers=headers)


def _failed(request: Request[object, object, State], error: Exception) -> Response[dict[str, object]]:
    """A mistake of ours: logged with its trace, told without inner detail."""
    _log.error("request_failed", path=request.url.path, kind=type(error).__name__, exc_info=error)
    content: dict[str, object] = {"status_code": 500, "detail": "the service failed to answer"}
    return Response(content, status_code=500, headers=_HEADERS)
