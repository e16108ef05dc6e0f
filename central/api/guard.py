"""Who asks, and may they: every request passes here, and a route that names no permission is refused."""

import asyncio
import secrets
from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from central.centre import Centre
from central.roles import Permission, Principal, Role
from central.users import token_hash

COOKIE = "redpeak_session"
CSRF_HEADER = "X-Redpeak"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_PERMISSION = "permission"
_BEARER = "bearer"

Connection = ASGIConnection[Any, Any, Any, Any]
Asked = Request[Principal, None, State]
TheCentre = NamedDependency[Centre]


def needs(permission: Permission) -> dict[str, Permission]:
    """The `opt` of a route: what its caller must be allowed to do."""
    return {_PERMISSION: permission}


class Authentication(AbstractAuthenticationMiddleware):
    """Finds out who asks: a person by the session cookie, an edge by its bearer token, or nobody."""

    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        """`user` is a Principal, or None; it is the guard that refuses."""
        centre: Centre = connection.app.state.centre
        principal = _edge(connection, centre)
        if principal is not None:
            return AuthenticationResult(user=principal, auth=_BEARER)
        token = connection.cookies.get(COOKIE)
        if token:
            principal = await asyncio.to_thread(centre.users.of_session, token_hash(token))
        return AuthenticationResult(user=principal, auth=None)


def check_permission(connection: Connection, handler: BaseRouteHandler) -> None:
    """The guard of every route.

    A request that changes something must carry the header X-Redpeak, which no foreign page can add; the
    cookie's SameSite=Strict is the first lock, this the second. A bearer token no browser sends by itself.
    """
    permission = handler.opt.get(_PERMISSION)
    if not isinstance(permission, Permission):
        raise PermissionDeniedException("this route names no permission")
    bearer = connection.auth == _BEARER
    if _method(connection) not in _SAFE and not bearer and connection.headers.get(CSRF_HEADER) != "1":
        raise PermissionDeniedException(f"expected the header {CSRF_HEADER}: 1")
    if permission is Permission.PUBLIC:
        return
    principal: Principal | None = connection.user
    if principal is None:
        raise NotAuthorizedException("sign in first")
    if not principal.may(permission):
        raise PermissionDeniedException("your role does not include this")


def _method(connection: Connection) -> str:
    scope: Any = connection.scope
    return str(scope.get("method", ""))


def _edge(connection: Connection, centre: Centre) -> Principal | None:
    scheme, _, token = connection.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(token.encode(), centre.edge_token.encode()):
        return None
    return Principal(
        user_id="edge",
        username="edge",
        display_name="edge",
        organisation="",
        organisation_name="",
        roles=(Role.EDGE,),
    )
