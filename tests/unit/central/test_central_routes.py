"""Every route names a permission, and every role may do exactly its own work."""

from collections.abc import Iterator

import pytest
from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from central.api.app import make_app
from central.roles import GRANTED, Permission, Principal, Role, shown_reasons
from edge.messages import Reason
from tests.unit.central.centre_fixture import HEADERS, Office

PUBLIC = {
    "/",
    "/{path}",
    "/metrics",
    "/api/health",
    "/api/login",
    "/api/openapi.json",
    "/api/openapi.json/{path}",
    "/api/openapi.json/openapi.json",
}
ADMINS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)


def handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), "only HTTP routes are guarded here"
        for handler in route.route_handlers:
            for method in handler.http_methods:
                yield str(method), route.path_format, handler


def test_every_route_names_a_permission(office: Office) -> None:
    found = [each for each in handlers(make_app(office.centre)) if each[0] != "OPTIONS"]
    assert len(found) >= 20
    for method, path, handler in found:
        permission = handler.opt.get("permission")
        assert isinstance(permission, Permission), f"{method} {path} names no permission"
        assert (permission is Permission.PUBLIC) == (path in PUBLIC), f"{method} {path}"


def test_every_guarded_route_refuses_nobody_in_particular(office: Office) -> None:
    with office.client() as client:
        for method, path, _handler in handlers(make_app(office.centre)):
            if path in PUBLIC or method == "OPTIONS":
                continue
            response = client.request(method, path.replace("{", "").replace("}", ""), headers=HEADERS)
            assert response.status_code == 401, f"{method} {path}: {response.status_code}"
            assert method == "HEAD" or response.json() == {"status_code": 401, "detail": "sign in first"}


def test_a_route_without_a_permission_is_refused(office: Office) -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    app = make_app(office.centre)
    app.register(forgotten)
    with TestClient(app) as client:
        assert client.get("/forgotten").status_code == 403


def test_a_change_without_the_header_is_refused(office: Office) -> None:
    with office.signed_in("officer") as client:
        for path in ("/api/logout", "/api/passages/p1/answers", "/api/passages/p1/reveal"):
            assert client.post(path, json={}).status_code == 403
        assert client.get("/api/me").status_code == 200


@pytest.mark.parametrize("first", ADMINS)
@pytest.mark.parametrize("second", ADMINS)
def test_no_administrator_can_do_anothers_work(first: Role, second: Role) -> None:
    if first is not second:
        assert not GRANTED[first] & GRANTED[second]
    assert not GRANTED[first] & {Permission.ANSWER, Permission.REVEAL_PAPERS, Permission.SEE_PASSAGES}


def test_only_officers_decide_and_see_why() -> None:
    deciding = {role for role, granted in GRANTED.items() if Permission.ANSWER in granted}
    seeing = {role for role, granted in GRANTED.items() if Permission.SEE_TARGETING in granted}
    assert deciding == seeing == {Role.CUSTOMS_OFFICER, Role.SUPERVISOR}
    imaging = {role for role, granted in GRANTED.items() if Permission.SEE_IMAGES in granted}
    assert imaging == deciding
    assert GRANTED[Role.EDGE] == {Permission.FETCH_CLEARANCE, Permission.UPLOAD_MEDIA}
    assert GRANTED[Role.EXPRESS_COMPANY] == {Permission.SEE_PASSAGES}
    assert set(GRANTED) == set(Role)


def test_customs_reasons_are_told_as_inspection() -> None:
    operator = Principal("u", "o", "o", "operator", "operator", (Role.OPERATOR,))
    reasons = (Reason.NO_WEIGHT, Reason.CONTROL_INSTRUCTION, Reason.CUSTOMS_HOLD)
    assert shown_reasons(reasons, operator) == (Reason.NO_WEIGHT, "inspection")
