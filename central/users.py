"""People of a site: accounts, passwords (argon2id), lockout, sessions."""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct
from sqlalchemy import Connection, Engine, delete, insert, select, update

from central import schema
from central.audit import note
from central.database import writing
from central.roles import Principal, Role

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
SESSION_FOR = timedelta(hours=12)  # a shift and its handover
SHORTEST_PASSWORD = 10
EXPRESS_COMPANY = "express_company"  # the kind of organisation


class UserError(ValueError):
    """An account cannot be made or changed as asked; says why."""


class Listed(Struct, frozen=True):
    """An account as a list shows it."""

    username: str
    display_name: str
    organisation: str
    roles: tuple[str, ...]
    active: bool
    locked: bool


class Users:
    """The accounts of one site.

    Args:
        hasher: argon2id with the site's cost; tests pass a cheap one.
    """

    def __init__(
        self,
        engine: Engine,
        site: str,
        *,
        clock: Callable[[], datetime],
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._engine = engine
        self._site = site
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))  # unknown names cost as much as known ones

    def add(
        self,
        username: str,
        display_name: str,
        organisation: str,
        roles: Iterable[Role],
        password: str,
        courier: str = "",
    ) -> str:
        """Make an account; its staff id. UserError if the name is taken or the password too short.

        With `courier` the organisation becomes the express company of that code, if it is not yet.
        """
        user_id = f"u-{uuid.uuid4().hex[:12]}"
        hashed = self._hashed(password)
        roles = tuple(dict.fromkeys(roles))
        users = schema.users
        with writing(self._engine) as connection:
            if connection.execute(select(users.c.id).where(users.c.username == username)).first():
                raise UserError(f"user {username}: exists already")
            if courier:
                self._make_express_company(connection, organisation, courier)
            _check_place(connection, organisation, roles)
            connection.execute(
                insert(users).values(
                    id=user_id,
                    site=self._site,
                    organisation=organisation,
                    username=username,
                    display_name=display_name,
                    password_hash=hashed,
                    created_at=self._clock(),
                )
            )
            for role in roles:
                connection.execute(insert(schema.user_roles).values(user_id=user_id, role=role.value))
            note(connection, self._site, self._clock(), actor="", action="user_added", subject=user_id)
        return user_id

    def add_express_company(self, organisation: str, courier: str) -> None:
        """Make an express company, or rename its courier code; its parcels become its own, old ones too."""
        with writing(self._engine) as connection:
            self._make_express_company(connection, organisation, courier)

    def _make_express_company(self, connection: Connection, organisation: str, courier: str) -> None:
        organisations, waybills = schema.organisations, schema.waybills
        known = _kind(connection, organisation)
        if known not in {None, EXPRESS_COMPANY}:
            raise UserError(f"organisation {organisation}: is {known}, not an express company")
        if known is None:
            connection.execute(
                insert(organisations).values(
                    id=organisation, site=self._site, name=organisation, kind=EXPRESS_COMPANY, courier=courier
                )
            )
        connection.execute(
            update(organisations).where(organisations.c.id == organisation).values(courier=courier)
        )
        connection.execute(
            update(waybills).where(waybills.c.courier == courier).values(organisation=organisation)
        )

    def set_password(self, username: str, password: str) -> None:
        """Give a new password, unlock the account, end its sessions; UserError if there is no such user."""
        hashed = self._hashed(password)
        users = schema.users
        with writing(self._engine) as connection:
            user_id = connection.execute(select(users.c.id).where(users.c.username == username)).scalar()
            if user_id is None:
                raise UserError(f"user {username}: not known at this site")
            connection.execute(
                update(users)
                .where(users.c.id == user_id)
                .values(password_hash=hashed, failures=0, locked_until=None)
            )
            connection.execute(delete(schema.sessions).where(schema.sessions.c.user_id == user_id))
            note(connection, self._site, self._clock(), actor="", action="password_set", subject=user_id)

    def all(self) -> list[Listed]:
        """Every account, by name."""
        users = schema.users
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(users).where(users.c.site == self._site).order_by(users.c.username)
            ).all()
            return [
                Listed(
                    username=row.username,
                    display_name=row.display_name,
                    organisation=row.organisation,
                    roles=tuple(role.value for role in _roles(connection, row.id)),
                    active=row.active,
                    locked=row.locked_until is not None and row.locked_until > self._clock(),
                )
                for row in rows
            ]

    def verify(self, username: str, password: str) -> Principal | None:
        """Who this is; None for an unknown name, a wrong password or a locked account, never saying which.

        The fifth wrong try locks the account for 15 minutes; tries while it is locked are not counted.
        """
        users = schema.users
        with self._engine.connect() as connection:
            row = connection.execute(
                select(users).where(users.c.username == username, users.c.site == self._site)
            ).first()
        right = self._matches(row.password_hash if row else self._nobody, password)
        now = self._clock()
        if row is None or not row.active or (row.locked_until is not None and row.locked_until > now):
            return None
        with writing(self._engine) as connection:
            if right:
                connection.execute(
                    update(users).where(users.c.id == row.id).values(failures=0, locked_until=None)
                )
                return _principal(connection, row.id, "")
            failures = connection.execute(
                update(users)
                .where(users.c.id == row.id)
                .values(failures=users.c.failures + 1)
                .returning(users.c.failures)
            ).scalar_one()
            note(connection, self._site, now, actor=row.id, action="login_failed", subject=row.id)
            if failures >= TRIES:
                connection.execute(
                    update(users)
                    .where(users.c.id == row.id)
                    .values(failures=0, locked_until=now + LOCKED_FOR)
                )
                note(connection, self._site, now, actor=row.id, action="account_locked", subject=row.id)
        return None

    def open_session(self, principal: Principal) -> str:
        """A new session's token, for the cookie; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        sessions = schema.sessions
        with writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(
                insert(sessions).values(
                    token_hash=token_hash(token),
                    user_id=principal.user_id,
                    created_at=now,
                    expires_at=now + SESSION_FOR,
                )
            )
            note(connection, self._site, now, actor=principal.user_id, action="logged_in")
        return token

    def close_session(self, principal: Principal) -> None:
        """End a session; nothing happens if it has ended."""
        with writing(self._engine) as connection:
            connection.execute(
                delete(schema.sessions).where(schema.sessions.c.token_hash == principal.session)
            )
            note(connection, self._site, self._clock(), actor=principal.user_id, action="logged_out")

    def of_session(self, hashed: str) -> Principal | None:
        """Whose session this is, None when it has ended."""
        sessions, users = schema.sessions, schema.users
        with self._engine.connect() as connection:
            user_id = connection.execute(
                select(sessions.c.user_id)
                .join(users, users.c.id == sessions.c.user_id)
                .where(
                    sessions.c.token_hash == hashed,
                    sessions.c.expires_at > self._clock(),
                    users.c.active,
                    users.c.site == self._site,
                )
            ).scalar()
            return _principal(connection, user_id, hashed) if user_id else None

    def _hashed(self, password: str) -> str:
        if len(password) < SHORTEST_PASSWORD:
            raise UserError(f"password: expected at least {SHORTEST_PASSWORD} characters")
        return self._hasher.hash(password)

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _kind(connection: Connection, organisation: str) -> str | None:
    organisations = schema.organisations
    return connection.execute(select(organisations.c.kind).where(organisations.c.id == organisation)).scalar()


def _check_place(connection: Connection, organisation: str, roles: Iterable[Role]) -> None:
    """Whoever works for an express company is that and nothing else; nobody else is."""
    kind = _kind(connection, organisation)
    if kind is None:
        raise UserError(
            f"organisation {organisation}: not known at this site (a courier code makes an express company)"
        )
    for role in roles:
        if role is Role.EDGE:
            raise UserError("role edge: line agents have a token, not an account")
        if (role is Role.EXPRESS_COMPANY) != (kind == EXPRESS_COMPANY):
            raise UserError(f"role {role.value}: not for people of organisation {organisation} ({kind})")


def _roles(connection: Connection, user_id: str) -> tuple[Role, ...]:
    roles = schema.user_roles
    found = connection.execute(select(roles.c.role).where(roles.c.user_id == user_id).order_by(roles.c.role))
    return tuple(Role(role) for role in found.scalars())


def _principal(connection: Connection, user_id: str, session: str) -> Principal:
    users, organisations = schema.users, schema.organisations
    row = connection.execute(
        select(users, organisations.c.name.label("organisation_name"))
        .join(organisations, organisations.c.id == users.c.organisation)
        .where(users.c.id == user_id)
    ).one()
    return Principal(
        user_id=row.id,
        username=row.username,
        display_name=row.display_name,
        organisation=row.organisation,
        organisation_name=row.organisation_name,
        roles=_roles(connection, user_id),
        session=session,
    )
