"""The CT image of a passage: where it is, and as NIfTI for the browser's viewer."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy import RowMapping

from central import nifti
from central.api import found, scans
from central.api.guard import Asked, TheCentre, needs
from central.centre import Centre
from central.image_views import (
    ImageState,
    ImageView,
    MediaItem,
    MediaPlace,
    VolumePlace,
    shown_review,
)
from central.media_store import MediaError
from central.roles import Permission
from models.formats.errors import FormatError

_NIFTI = "application/gzip"
_SEEN_BY = needs(Permission.SEE_IMAGES)


@get("/passages/{passage_id:str}/image", opt=_SEEN_BY, sync_to_thread=True)
def show_image(passage_id: FromPath[str], centre: TheCentre, request: Asked) -> ImageView:
    """Where the image is, what it measures, what its review says."""
    row, volumes = scans.volumes_of(centre, request.user, passage_id)
    return _view(centre, row, volumes)


@post(
    "/passages/{passage_id:str}/image/fetch",
    opt=_SEEN_BY,
    status_code=202,
    sync_to_thread=True,
)
def fetch_image(passage_id: FromPath[str], centre: TheCentre, request: Asked) -> ImageView:
    """Ask the line for those objects of the scan that are not here."""
    row, volumes = scans.volumes_of(centre, request.user, passage_id)
    missing = [each.sha256 for each in volumes if each.state is not MediaPlace.HERE]
    if missing:
        found.ask_for(centre, row["line"], missing)
        row, volumes = scans.volumes_of(centre, request.user, passage_id)
    return _view(centre, row, volumes)


@get("/passages/{passage_id:str}/image/high.nii.gz", opt=_SEEN_BY, sync_to_thread=True, media_type=_NIFTI)
def show_attenuation(passage_id: FromPath[str], centre: TheCentre, request: Asked) -> Response[bytes]:
    """The high energy's attenuation in thousandths of 1/cm, int16, as NIfTI."""
    row, volumes = scans.volumes_of(centre, request.user, passage_id)
    if (unchanged := _unchanged(request, volumes)) is not None:
        return unchanged
    loaded = scans.loaded(centre, row, volumes)
    return _immutable(nifti.attenuation(loaded.volume), volumes)


@get("/passages/{passage_id:str}/image/zeff.nii.gz", opt=_SEEN_BY, sync_to_thread=True, media_type=_NIFTI)
def show_materials(passage_id: FromPath[str], centre: TheCentre, request: Asked) -> Response[bytes]:
    """The class of each voxel (0 air, 1 organic, 2 mixed, 3 metal), uint8, as NIfTI."""
    row, volumes = scans.volumes_of(centre, request.user, passage_id)
    if (unchanged := _unchanged(request, volumes)) is not None:
        return unchanged
    loaded = scans.loaded(centre, row, volumes)
    return _immutable(nifti.materials(loaded.volume, loaded.classes), volumes)


def _view(centre: Centre, row: RowMapping, volumes: Sequence[MediaItem]) -> ImageView:
    scan = scans.evidence_of(row)
    view = ImageView(
        state=_state(row, volumes),
        review=shown_review(scan.review),
        doubts=scan.doubts,
        volumes=tuple(
            VolumePlace(sha256=each.sha256, part=each.part, size=each.size, state=each.state)
            for each in volumes
        ),
    )
    if view.state is not ImageState.HERE:
        return view
    try:
        volume = centre.images.load(scans.key_of(volumes)).volume
    except (MediaError, FormatError) as error:
        return msgspec.structs.replace(view, problem=str(error))
    z, y, x = volume.high.shape
    return msgspec.structs.replace(
        view, shape=(z, y, x), spacing_mm=volume.spacing_mm, has_low=volume.low is not None
    )


def _state(row: RowMapping, volumes: Sequence[MediaItem]) -> ImageState:
    if scans.complete(row, volumes):
        return ImageState.HERE
    if MediaPlace.FETCHING in {each.state for each in volumes}:
        return ImageState.FETCHING
    return ImageState.AT_EDGE if volumes or scans.evidence_of(row).volumes else ImageState.NONE


def _tag(volumes: Iterable[MediaItem]) -> str:
    names = " ".join(each.sha256 for each in volumes)
    return f'"{hashlib.sha256(names.encode()).hexdigest()}"'


def _unchanged(request: Asked, volumes: Sequence[MediaItem]) -> Response[bytes] | None:
    """What a browser has already is not sent again; that it may still see it was checked before."""
    if request.headers.get("If-None-Match") != _tag(volumes):
        return None
    return Response(b"", status_code=304, headers=_kept(volumes), media_type=_NIFTI)


def _immutable(content: bytes, volumes: Sequence[MediaItem]) -> Response[bytes]:
    return Response(content, headers=_kept(volumes), media_type=_NIFTI)


def _kept(volumes: Sequence[MediaItem]) -> dict[str, str]:
    return {"ETag": _tag(volumes), "Cache-Control": "private, no-cache"}
