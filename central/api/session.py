"""Signing in and out."""

from typing import Annotated

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException
from litestar.params import JSONBody
from msgspec import Meta, Struct

from central.api.guard import COOKIE, Asked, TheCentre, needs
from central.roles import Permission, Principal
from central.users import SESSION_FOR
from central.views import Me


class Credentials(Struct, frozen=True):
    """What one signs in with."""

    username: Annotated[str, Meta(max_length=64)]
    password: Annotated[str, Meta(max_length=256)]


@post("/login", opt=needs(Permission.PUBLIC), status_code=200, sync_to_thread=True)
def log_in(data: JSONBody[Credentials], centre: TheCentre, request: Asked) -> Response[Me]:
    """Open a session. The answer to a wrong name, a wrong password and a locked account is the same."""
    principal = centre.users.verify(data.username, data.password)
    if principal is None:
        raise NotAuthorizedException("name or password wrong, or account locked for a while")
    cookie = Cookie(
        key=COOKIE,
        value=centre.users.open_session(principal),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=int(SESSION_FOR.total_seconds()),
    )
    return Response(_me(principal), cookies=[cookie])


@post("/logout", opt=needs(Permission.LOGGED_IN), status_code=200, sync_to_thread=True)
def log_out(centre: TheCentre, request: Asked) -> Response[dict[str, str]]:
    """End the session."""
    centre.users.close_session(request.user)
    response = Response({"status": "signed out"})
    response.delete_cookie(COOKIE, path="/")
    return response


@get("/me", opt=needs(Permission.LOGGED_IN), sync_to_thread=False)
def show_me(request: Asked) -> Me:
    """Who is signed in and what they may do."""
    return _me(request.user)


def _me(principal: Principal) -> Me:
    return Me(
        username=principal.username,
        display_name=principal.display_name,
        organisation=principal.organisation_name,
        roles=tuple(role.value for role in principal.roles),
        permissions=tuple(sorted(each.value for each in principal.permissions)),
    )
