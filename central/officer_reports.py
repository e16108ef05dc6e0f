"""An officer's answer on an image as a threat detection report, beside the machine's on the same scan.

It is made from the machine's report, or from the scan's own objects, whichever is here; when neither is yet,
once one of them has been uploaded. The same answer gives the same bytes, so making it twice changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import Connection, Engine, and_, select

from central import media, schema
from central.database import writing
from central.image_views import MediaItem, MediaPlace
from central.media import Places
from central.media_store import MediaError
from edge.messages import Decision, Evidence, Ruling, ScanEvidence
from models.findings import Outcome
from models.formats.dicos_ct import read_header
from models.formats.errors import FormatError
from models.formats.header import ScanHeader
from models.formats.tdr import report_bytes
from models.formats.tdr_reading import read_report
from models.formats.tdr_report import Report, machine_report, officer_report

_log = structlog.get_logger(__name__)

_OUTCOMES = {Decision.RELEASE: Outcome.CLEAR, Decision.STOP: Outcome.ALARM}
_WITHOUT_EFFECT = [Ruling.REFUSED.value, Ruling.NOT_OPEN.value]


class _Answered(Struct, frozen=True):
    """The latest answer on a passage with a scan."""

    line: str
    passage_id: str
    scan: ScanEvidence
    decision: Decision
    officer: str  # user id
    asked_at: datetime
    answered_at: datetime


class OfficerReports:
    """Writes reports of one site; for worker threads. What goes wrong is logged: an answer stands without."""

    def __init__(self, engine: Engine, site: str, places: Places) -> None:
        self._engine = engine
        self._site = site
        self._places = places

    def answered(self, passage_id: str) -> None:
        """Report the latest answer on this passage, if it has a scan."""
        try:
            self._write(passage_id)
        except (MediaError, FormatError) as error:
            _log.warning("officer_report_not_written", passage_id=passage_id, problem=str(error))
        except (ValueError, OSError) as error:
            _log.warning("officer_report_not_written", passage_id=passage_id, kind=type(error).__name__)

    def uploaded(self, sha256: str) -> None:
        """A file came: answers that waited for it are reported."""
        with self._engine.connect() as connection:
            passages = media.passages_of(connection, self._site, [sha256])
        for passage_id in passages:
            self.answered(passage_id)

    def _write(self, passage_id: str) -> None:
        with self._engine.connect() as connection:
            found = _answered(connection, self._site, passage_id)
            if found is None:
                return
            files = media.of_passage(connection, self._site, found.line, passage_id, self._places)
        machine = self._machine_report(found, files)
        if machine is None:
            _log.info("officer_report_waits_for_upload", passage_id=passage_id)
            return
        took_ms = max(0, round((found.answered_at - found.asked_at).total_seconds() * 1000))
        report = officer_report(machine, _OUTCOMES[found.decision], found.officer, found.answered_at, took_ms)
        content = report_bytes(report)
        sha256 = self._places.store.keep(content)
        with writing(self._engine) as connection:
            media.add_report(
                connection, self._site, found.line, passage_id, sha256, len(content), found.answered_at
            )

    def _machine_report(self, found: _Answered, files: Iterable[MediaItem]) -> Report | None:
        """The machine's report as it was uploaded, or made again of what it rested on; None: not here yet."""
        here = [each for each in files if each.state is MediaPlace.HERE]
        store = self._places.store
        uploaded = media.report(here, officers=False)
        if uploaded is not None:
            with store.opened(uploaded.sha256) as path:
                return read_report(path)
        headers: list[ScanHeader] = []
        for each in here:
            if each.sha256 in found.scan.volumes:
                with store.opened(each.sha256) as path:
                    headers.append(read_header(path))
        if not headers or found.scan.review is None:
            return None
        return machine_report(found.scan.review, headers, found.asked_at)


def _answered(connection: Connection, site: str, passage_id: str) -> _Answered | None:
    """None if nobody has answered the passage, or it has no scan."""
    passages, answers = schema.passages, schema.answers
    row = connection.execute(
        select(
            passages.c.evidence,
            passages.c.decided_at,
            answers.c.line,
            answers.c.decision,
            answers.c.officers,
            answers.c.issued_at,
        )
        .join(
            answers,
            and_(
                answers.c.passage_id == passages.c.passage_id,
                answers.c.site == passages.c.site,
                answers.c.line == passages.c.line,
            ),
        )
        .where(
            passages.c.passage_id == passage_id,
            passages.c.site == site,
            answers.c.ruling.not_in(_WITHOUT_EFFECT),
        )
        .order_by(answers.c.issued_at.desc())
        .limit(1)
    ).first()
    if row is None or not row.evidence:
        return None
    scan = msgspec.convert(row.evidence, Evidence).scan
    if scan is None or not scan.volumes:
        return None
    return _Answered(
        line=row.line,
        passage_id=passage_id,
        scan=scan,
        decision=Decision(row.decision),
        officer=row.officers[0],
        asked_at=row.decided_at or row.issued_at,
        answered_at=row.issued_at,
    )
