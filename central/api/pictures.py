"""Pictures of a passage's CT image rendered here, for browsers that cannot."""

from collections.abc import Iterable
from typing import Annotated

from litestar import Response, get
from litestar.exceptions import ClientException
from litestar.params import FromPath, FromQuery, Parameter
from sqlalchemy import RowMapping

from central import pictures
from central.api import scans
from central.api.guard import Asked, TheCentre, needs
from central.pictures import Colour, Look, Plane
from central.roles import Permission
from models.findings import Material

Thousandths = Annotated[int, Parameter(ge=-2_000, le=32_767)]
Flag = FromQuery[bool]

_SEEN_BY = needs(Permission.SEE_IMAGES)


@get("/passages/{passage_id:str}/image/slice.png", opt=_SEEN_BY, sync_to_thread=True, media_type="image/png")
def show_slice(
    passage_id: FromPath[str],
    centre: TheCentre,
    request: Asked,
    plane: FromQuery[Plane] = Plane.AXIAL,
    index: Annotated[int | None, Parameter(ge=0)] = None,
    low: Thousandths = 0,
    high: Thousandths = 600,
    colour: FromQuery[Colour] = Colour.ZEFF,
    strip: FromQuery[list[Material] | None] = None,
    inverse: Flag = False,
    boxes: Flag = True,
) -> Response[bytes]:
    """One slice of a plane, the middle one if none is named."""
    row, volumes = scans.volumes_of(centre, request.user, passage_id)
    look = _look(row, plane, low, high, colour, strip or (), inverse=inverse, boxes=boxes)
    loaded = scans.loaded(centre, row, volumes)
    depth = pictures.depth(loaded.volume, plane)
    if index is not None and index >= depth:
        raise ClientException(f"index: expected 0 to {depth - 1}")
    chosen = depth // 2 if index is None else index
    return _picture(pictures.slice_png(loaded.volume, loaded.classes, look, chosen))


@get(
    "/passages/{passage_id:str}/image/projection.png",
    opt=_SEEN_BY,
    sync_to_thread=True,
    media_type="image/png",
)
def show_projection(
    passage_id: FromPath[str],
    centre: TheCentre,
    request: Asked,
    plane: FromQuery[Plane] = Plane.CORONAL,
    low: Thousandths = 0,
    high: Thousandths = 600,
    colour: FromQuery[Colour] = Colour.ZEFF,
    strip: FromQuery[list[Material] | None] = None,
    inverse: Flag = False,
    boxes: Flag = True,
) -> Response[bytes]:
    """The densest voxel along each line of sight."""
    row, volumes = scans.volumes_of(centre, request.user, passage_id)
    look = _look(row, plane, low, high, colour, strip or (), inverse=inverse, boxes=boxes)
    loaded = scans.loaded(centre, row, volumes)
    return _picture(pictures.projection_png(loaded.volume, loaded.classes, look))


def _look(
    row: RowMapping,
    plane: Plane,
    low: int,
    high: int,
    colour: Colour,
    strip: Iterable[Material],
    *,
    inverse: bool,
    boxes: bool,
) -> Look:
    if low >= high:
        raise ClientException("low: expected less than high")
    review = scans.evidence_of(row).review
    return Look(
        plane=plane,
        low=low,
        high=high,
        colour=colour,
        strip=frozenset(strip),
        inverse=inverse,
        boxes=tuple(each.box_mm for each in review.findings) if boxes and review else (),
    )


def _picture(content: bytes) -> Response[bytes]:
    return Response(content, media_type="image/png")
