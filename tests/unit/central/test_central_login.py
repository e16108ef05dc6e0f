"""Signing in: sessions, lockout, answers of one shape."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from central import schema
from central.first_start import create_first_users
from central.roles import Role
from central.users import UserError
from tests.unit.central.centre_fixture import HEADERS, Office

REFUSED = {"status_code": 401, "detail": "name or password wrong, or account locked for a while"}


def test_login_gives_a_strict_cookie_and_says_who_one_is(office: Office) -> None:
    with office.client() as client:
        given = {"username": "officer", "password": office.passwords()["officer"]}
        response = client.post("/api/login", json=given, headers=HEADERS)
        cookie = response.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        me = client.get("/api/me").json()
    assert (me["username"], me["organisation"], me["roles"]) == ("officer", "海关", ["customs_officer"])
    assert "answer" in me["permissions"]
    token = cookie.split("=", 1)[1].split(";", 1)[0]
    with office.centre.engine.connect() as connection:
        assert token not in connection.execute(select(schema.sessions.c.token_hash)).scalars().all()


def test_logout_ends_the_session(office: Office) -> None:
    with office.signed_in("officer") as client:
        token = client.cookies["redpeak_session"]
        assert client.post("/api/logout", headers=HEADERS).status_code == 200
        client.cookies.set("redpeak_session", token)
        assert client.get("/api/me").status_code == 401


def test_a_session_ends_by_itself(office: Office) -> None:
    with office.signed_in("officer") as client:
        office.clock.pass_time(hours=12, seconds=1)
        assert client.get("/api/me").status_code == 401


def test_five_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(office: Office) -> None:
    right = office.passwords()["officer"]
    with office.client() as client:

        def try_in(password: str) -> tuple[int, object]:
            given = {"username": "officer", "password": password}
            response = client.post("/api/login", json=given, headers=HEADERS)
            return response.status_code, response.json()

        for _ in range(5):
            assert try_in("wrong") == (401, REFUSED)
        assert try_in(right) == (401, REFUSED)
        office.clock.pass_time(minutes=14, seconds=59)
        assert try_in(right) == (401, REFUSED)
        office.clock.pass_time(seconds=2)
        assert try_in(right)[0] == 200
    with office.centre.engine.connect() as connection:
        actions = connection.execute(select(schema.audit.c.action)).scalars().all()
    assert actions.count("login_failed") == 5
    assert "account_locked" in actions


def test_four_wrong_tries_do_not_lock_and_a_right_one_forgets_them(office: Office) -> None:
    users, right = office.centre.users, office.passwords()["officer"]
    for _ in range(3):
        for _ in range(4):
            assert users.verify("officer", "wrong") is None
        assert users.verify("officer", right) is not None


def test_an_unknown_name_looks_like_a_wrong_password(office: Office) -> None:
    with office.client() as client:
        response = client.post("/api/login", json={"username": "nobody", "password": "x"}, headers=HEADERS)
    assert (response.status_code, response.json()) == (401, REFUSED)


def test_a_bad_request_never_repeats_what_was_sent(office: Office) -> None:
    with office.client() as client:
        response = client.post(
            "/api/login", json={"username": "officer", "password": ["hunter2hunter2"]}, headers=HEADERS
        )
    assert response.status_code == 400
    assert "hunter2" not in response.text


def test_first_users_are_made_once(office: Office) -> None:
    passwords = office.passwords()
    assert set(passwords) == {"officer", "supervisor", "operator", "auditor", "admin", "security"}
    assert (office.data / "first-login.txt").stat().st_mode & 0o777 == 0o600
    assert not create_first_users(office.centre.users, office.centre.engine, office.data / "first-login.txt")
    assert office.passwords() == passwords


def test_every_duty_of_administration_has_its_first_user(office: Office) -> None:
    roles = [role for each in office.centre.users.all() for role in each.roles]
    for duty in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
        assert roles.count(duty.value) == 1


def test_nobody_sees_more_than_their_organisation_is_for(office: Office) -> None:
    users = office.centre.users
    with pytest.raises(UserError, match="not for people of organisation customs"):
        users.add("new", "x", "customs", [Role.EXPRESS_COMPANY], "long enough!")
    with pytest.raises(UserError, match="customs_officer: not for people of organisation jd"):
        users.add("new", "x", "jd", [Role.EXPRESS_COMPANY, Role.CUSTOMS_OFFICER], "long enough!", "JD")
    with pytest.raises(UserError, match="customs, not an express company"):
        users.add("new", "x", "customs", [Role.EXPRESS_COMPANY], "long enough!", "JD")
    with pytest.raises(UserError, match="jd: not known at this site"):  # nothing of the refused one stays
        users.add("new", "x", "jd", [Role.EXPRESS_COMPANY], "long enough!")
    with pytest.raises(UserError, match="token"):
        users.add("new", "x", "operator", [Role.EDGE], "long enough!")
    users.add("new", "x", "jd", [Role.EXPRESS_COMPANY], "long enough!", "JD")
    assert [each.organisation for each in users.all() if each.username == "new"] == ["jd"]


def test_accounts_are_checked(office: Office) -> None:
    users = office.centre.users
    with pytest.raises(UserError, match="exists already"):
        users.add("officer", "x", "customs", [Role.SUPERVISOR], "long enough!")
    with pytest.raises(UserError, match="at least 10"):
        users.add("new", "x", "customs", [Role.SUPERVISOR], "short")
    with pytest.raises(UserError, match="organisation"):
        users.add("new", "x", "nowhere", [Role.SUPERVISOR], "long enough!")
    with pytest.raises(UserError, match="not known"):
        users.set_password("nobody", "long enough!")


def test_a_new_password_ends_sessions_and_unlocks(office: Office) -> None:
    users = office.centre.users
    with office.signed_in("officer") as client:
        for _ in range(5):
            users.verify("officer", "wrong")
        users.set_password("officer", "another password")
        assert client.get("/api/me").status_code == 401
    assert users.verify("officer", "another password") is not None
    office.clock.pass_time(seconds=timedelta(days=1).total_seconds())
    assert [each.locked for each in users.all()] == [False] * 6
