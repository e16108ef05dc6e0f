"""The site, its lines as they are now, and the clearance list for the edges."""

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from central.api.guard import Asked, TheCentre, needs
from central.live import shown_state
from central.roles import Permission
from central.views import DeviceAt, ImageReviewView, LineView, SiteView
from config.settings import Line
from edge.messages import LineState


@get("/site", opt=needs(Permission.LOGGED_IN), sync_to_thread=False)
def show_site(centre: TheCentre) -> SiteView:
    """The site and the geometry of its lines, to be drawn to scale."""
    site = centre.site
    return SiteView(
        id=site.id,
        name=site.name,
        name_en=site.name_en,
        timezone=site.timezone,
        lines=tuple(_line(line) for line in site.lines),
    )


@get("/lines/{line:str}/state", opt=needs(Permission.SEE_LINE), sync_to_thread=False)
def show_line_state(line: FromPath[str], centre: TheCentre, request: Asked) -> LineState:
    """The line's latest state; 404 before it has ever reported."""
    state = centre.states.get(line)
    if state is None:
        raise NotFoundException("this line has not reported yet")
    return shown_state(state, request.user)


@get(
    "/lines/{line:str}/clearance",
    opt=needs(Permission.FETCH_CLEARANCE),
    sync_to_thread=True,
    media_type="application/json",
)
def fetch_clearance(line: FromPath[str], centre: TheCentre, request: Asked) -> Response[bytes]:
    """The whole clearance list as JSON; ETag is the SHA-256 of the body, gzip where accepted."""
    if line not in {each.id for each in centre.site.lines}:
        raise NotFoundException("this site has no such line")
    snapshot = centre.snapshots.current(centre.clock())
    headers = {"ETag": f'"{snapshot.sha256}"', "Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(snapshot.gzipped, headers=headers, media_type="application/json")
    return Response(snapshot.body, headers=headers, media_type="application/json")


def _line(line: Line) -> LineView:
    return LineView(
        id=line.id,
        name=line.name,
        belt=line.belt,
        lanes=line.lanes,
        scanners=tuple(DeviceAt(name=each.name, position_mm=each.position_mm) for each in line.scanners),
        scale=DeviceAt(
            name=line.scale.name, position_mm=line.scale.position_mm, length_mm=line.scale.length_mm
        )
        if line.scale
        else None,
        ct=DeviceAt(name=line.ct.name, position_mm=line.ct.position_mm, length_mm=line.ct.length_mm)
        if line.ct
        else None,
        cameras=tuple(DeviceAt(name=each.name, position_mm=each.position_mm) for each in line.cameras),
        review=ImageReviewView(officer_may_clear=line.policy.officer_may_clear) if line.ct else None,
        weight_tolerance_g=line.policy.weight_tolerance_g,
        weight_tolerance_share=line.policy.weight_tolerance_share,
    )
