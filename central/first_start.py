"""What a database holds before anyone has used it: the site, its organisations, one account for each duty."""

import os
import secrets
from pathlib import Path

from sqlalchemy import Engine, func, select

from central import schema
from central.database import insert, writing
from central.roles import Role
from central.users import Users
from config.settings import Site

_ORGANISATIONS = (("customs", "海关", "customs"), ("operator", "监管场所经营人", "operator"))
_FIRST_USERS = (
    ("officer", "值班关员", "customs", Role.CUSTOMS_OFFICER),
    ("supervisor", "主管", "customs", Role.SUPERVISOR),
    ("operator", "现场操作员", "operator", Role.OPERATOR),
    ("auditor", "审计管理员", "operator", Role.AUDIT_ADMIN),
    ("admin", "系统管理员", "operator", Role.SYSTEM_ADMIN),
    ("security", "安全管理员", "operator", Role.SECURITY_ADMIN),
)


def lay_ground(engine: Engine, site: Site) -> None:
    """Make sure the site and the two organisations every centre has are there; names follow the site file."""
    with writing(engine) as connection:
        dialect = connection.dialect.name
        statement = insert(dialect, schema.sites)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_={"name": statement.excluded.name}),
            {"id": site.id, "name": site.name},
        )
        connection.execute(
            insert(dialect, schema.organisations).on_conflict_do_nothing(),
            [
                {"id": each, "site": site.id, "name": name, "kind": kind}
                for each, name, kind in _ORGANISATIONS
            ],
        )


def create_first_users(users: Users, engine: Engine, file: Path) -> bool:
    """On the first start: one account for each part of the work, passwords written once to `file` (0600).

    Whether accounts were made; False when the site has some already.
    """
    with engine.connect() as connection:
        if connection.execute(select(func.count()).select_from(schema.users)).scalar_one():
            return False
    lines = [
        "# First passwords. Hand them out, have them changed "
        "(redpeak central user password NAME), delete this file."
    ]
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        for username, display_name, organisation, role in _FIRST_USERS:
            password = secrets.token_urlsafe(12)
            users.add(username, display_name, organisation, [role], password)
            lines.append(f"{username} {password}")
        out.write("\n".join(lines) + "\n")
    return True
