"""Who may do what: the one table of roles and permissions, and what a person of a role may be shown.

Customs officers decide; the operator's staff run belt and store and never see why customs targets a parcel;
an express company sees its own parcels; no administrator can do another's work. What is not granted is
refused.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from edge.messages import Reason

INSPECTION = "inspection"  # what those without SEE_TARGETING are told instead of customs' reasons


class Permission(StrEnum):
    """One thing a person may do; every route names exactly one."""

    PUBLIC = "public"  # also without login: login itself, health, the console's files
    LOGGED_IN = "logged_in"  # who am I, log out
    SEE_LINE = "see_line"  # site plan, line state, live events
    SEE_PASSAGES = "see_passages"
    SEE_TARGETING = "see_targeting"  # control instructions and risk reasons in the open
    REVEAL_PAPERS = "reveal_papers"  # unmasked, with a reason and an audit entry
    SEE_IMAGES = "see_images"  # CT volumes, what was found in them, which files are kept
    ANSWER = "answer"
    SEE_FIGURES = "see_figures"
    SEE_ALARMS = "see_alarms"
    SEE_AUDIT = "see_audit"
    MANAGE_USERS = "manage_users"
    RUN_SYSTEM = "run_system"
    FETCH_CLEARANCE = "fetch_clearance"  # an edge agent's
    UPLOAD_MEDIA = "upload_media"  # an edge agent's


class Role(StrEnum):
    """What a person (or an edge) is at this site."""

    CUSTOMS_OFFICER = "customs_officer"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"
    EXPRESS_COMPANY = "express_company"
    EDGE = "edge"


_P = Permission
_WATCHING = {_P.SEE_LINE, _P.SEE_PASSAGES, _P.SEE_FIGURES, _P.SEE_ALARMS}
_DECIDING = frozenset({*_WATCHING, _P.SEE_TARGETING, _P.REVEAL_PAPERS, _P.SEE_IMAGES, _P.ANSWER})

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMS_OFFICER: _DECIDING,
    Role.SUPERVISOR: _DECIDING,
    Role.OPERATOR: frozenset(_WATCHING),
    Role.SYSTEM_ADMIN: frozenset({_P.SEE_LINE, _P.SEE_ALARMS, _P.RUN_SYSTEM}),
    Role.SECURITY_ADMIN: frozenset({_P.MANAGE_USERS}),
    Role.AUDIT_ADMIN: frozenset({_P.SEE_AUDIT}),
    Role.EXPRESS_COMPANY: frozenset({_P.SEE_PASSAGES}),
    Role.EDGE: frozenset({_P.FETCH_CLEARANCE, _P.UPLOAD_MEDIA}),
}

TARGETING = frozenset(
    {
        Reason.CONTROL_INSTRUCTION,
        Reason.CUSTOMS_HOLD,
        Reason.REVOKED,
        Reason.OFFICER_REVIEW,
        Reason.OFFICER_STOPPED,
    }
)


class Principal(Struct, frozen=True):
    """Who makes a request."""

    user_id: str
    username: str
    display_name: str
    organisation: str
    organisation_name: str
    roles: tuple[Role, ...]
    session: str = ""  # hash of the session's token

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that the roles grant together."""
        granted = {permission for role in self.roles for permission in GRANTED[role]}
        return frozenset({*granted, _P.PUBLIC, _P.LOGGED_IN})

    @property
    def own_parcels_of(self) -> str | None:
        """The organisation whose parcels alone may be seen; None: the whole site's."""
        seeing = [role for role in self.roles if _P.SEE_PASSAGES in GRANTED[role]]
        return self.organisation if seeing == [Role.EXPRESS_COMPANY] else None

    def may(self, permission: Permission) -> bool:
        """Whether any role grants it."""
        return permission in self.permissions


def shown_reasons(reasons: Iterable[str], principal: Principal) -> tuple[str, ...]:
    """Reasons as this person may see them: customs' own become "inspection", each once, order kept."""
    if principal.may(_P.SEE_TARGETING):
        return tuple(reasons)
    shown = (INSPECTION if reason in TARGETING else reason for reason in reasons)
    return tuple(dict.fromkeys(shown))
