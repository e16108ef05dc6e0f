"""The queue of flagged passages, and who works on which of them."""

from litestar import delete, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath

from central import claims, passages, reviews
from central.api.guard import Asked, TheCentre, needs
from central.claims import ClaimedError
from central.database import writing
from central.image_views import ClaimView
from central.roles import Permission
from central.views import Review


@get("/reviews", opt=needs(Permission.ANSWER), sync_to_thread=True)
def list_reviews(centre: TheCentre, request: Asked) -> list[Review]:
    """Flagged passages on the belt or of the last hour: the one with the least belt left first."""
    with centre.engine.connect() as connection:
        return reviews.queue(connection, centre.site, request.user, dict(centre.states), centre.clock())


@post(
    "/reviews/{passage_id:str}/claim",
    opt=needs(Permission.ANSWER),
    status_code=200,
    sync_to_thread=True,
)
def claim_review(passage_id: FromPath[str], centre: TheCentre, request: Asked) -> ClaimView:
    """Work on a passage for a minute; again by the same officer: for another one."""
    with writing(centre.engine) as connection:
        if passages.one(connection, centre.site.id, request.user, passage_id) is None:
            raise NotFoundException("no such passage")
        try:
            claim = claims.take(connection, centre.site.id, passage_id, request.user, centre.clock())
        except ClaimedError as error:
            extra = {"why": "claimed", "by": error.claim.name}
            raise HTTPException(status_code=409, detail=str(error), extra=extra) from error
    centre.hub.claimed(passage_id)
    return ClaimView(passage_id=passage_id, officer=claim.name, until=claim.until)


@delete("/reviews/{passage_id:str}/claim", opt=needs(Permission.ANSWER), sync_to_thread=True)
def release_review(passage_id: FromPath[str], centre: TheCentre, request: Asked) -> None:
    """Give the passage up for others; nothing happens if it was not claimed by this officer."""
    with writing(centre.engine) as connection:
        released = claims.release(connection, centre.site.id, passage_id, request.user, centre.clock())
    if released:
        centre.hub.claimed(passage_id)
