"""The console's built files; every path that is not a file is the console's own and gets its index."""

import mimetypes
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from central.api.guard import Asked, TheCentre, needs
from central.centre import Centre
from central.roles import Permission

_NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Redpeak</title>
<h1>The console is not built</h1>
<p>The service runs; its API is described at <a href="/api/openapi.json">/api/openapi.json</a>.</p>
<p><code>./redpeak up</code> builds the console.</p>
"""
_FOR_EVER = "public, max-age=31536000, immutable"  # Vite puts a content hash into the names under assets/


@get("/", opt=needs(Permission.PUBLIC), sync_to_thread=True, include_in_schema=False)
def serve_index(centre: TheCentre) -> Response[bytes]:
    """The console's first page."""
    return _served(centre, "")


@get("/{path:path}", opt=needs(Permission.PUBLIC), sync_to_thread=True, include_in_schema=False)
def serve_file(centre: TheCentre, path: FromPath[Path], request: Asked) -> Response[bytes]:
    """A file of the console, or its index."""
    return _served(centre, request.url.path.lstrip("/"))  # `path` may lack a first part that is a router's


def _served(centre: Centre, asked: str) -> Response[bytes]:
    if asked.split("/", 1)[0] == "api":
        raise NotFoundException("no such route")
    root = centre.console.resolve()
    file = (root / asked).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        if asked.startswith("assets/"):
            raise NotFoundException("no such file")
        file = root / "index.html"
    if not file.is_file():
        return Response(_NOT_BUILT.encode(), media_type="text/html; charset=utf-8", status_code=200)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    cache = _FOR_EVER if asked.startswith("assets/") else "no-cache"
    return Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": cache})
