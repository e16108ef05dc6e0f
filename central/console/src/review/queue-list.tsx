// The queue of flagged scans: what was found, how much belt is left, who works on it. Rows never change place.

import { useState } from "react";
import { Link } from "react-router";

import { AnswerSentence } from "../answer/answer-sentence.tsx";
import { Remaining } from "../answer/remaining.tsx";
import { useLive } from "../api/live.ts";
import type { ReviewRow } from "../api/image-types.ts";
import { percent, tail } from "../format/quantity.ts";
import { timeOfDay } from "../format/time.ts";
import type { Messages } from "../i18n/shapes.ts";
import { useText } from "../i18n/text.ts";
import { followed, type Shown } from "./queue.ts";
import { OutcomeMark } from "./outcome-mark.tsx";

interface Followed {
  rows: readonly ReviewRow[] | null;
  pointed: boolean;
  current: string;
  shown: Shown[];
}

/** The queue as shown; what has left is dropped when the reader goes on or looks elsewhere. */
export function useQueue(pointed: boolean, current: string): Shown[] {
  const rows = useLive((live) => live.reviews);
  const [before, follow] = useState<Followed>({ rows: null, pointed, current, shown: [] });
  if (rows === before.rows && pointed === before.pointed && current === before.current) return before.shown;
  const shown = rows === null ? before.shown : followed(before.shown, rows, pointed ? null : current);
  follow({ rows, pointed, current, shown });
  return shown;
}

interface Props {
  shown: readonly Shown[];
  current: string;
  known: boolean; // the service has told the queue
  point: (inside: boolean) => void;
}

export function QueueList({ shown, current, known, point }: Props) {
  const { review: words } = useText();
  const waiting = shown.filter(({ row, left }) => !left && row.closed_at === null).length;
  return (
    <section
      className="queue panel"
      aria-label={words.queue}
      onPointerEnter={() => point(true)}
      onPointerLeave={() => point(false)}
    >
      <header>
        <h2>{words.queue}</h2>
        <b className={waiting > 0 ? "tone-doubt" : "quiet"}>{waiting}</b>
        <span className="push quiet">
          <kbd>{words.space}</kbd> {words.next}
        </span>
      </header>
      <ol>
        {shown.map((one) => (
          <Row key={one.row.passage_id} shown={one} chosen={one.row.passage_id === current} />
        ))}
      </ol>
      {shown.length === 0 ? <p className="queue-none quiet">{known ? words.queueEmpty : words.queueReading}</p> : null}
    </section>
  );
}

function Row({ shown: { row, left }, chosen }: { shown: Shown; chosen: boolean }) {
  const text = useText();
  const { review: words } = text;
  const answer = useLive((live) => live.answers[row.passage_id]);
  const other = row.claimed_by !== null && !row.claimed_by_me;
  return (
    <li
      className={`queue-row ${chosen ? "queue-chosen" : ""} ${left || row.closed_at !== null ? "queue-past" : ""}`}
      aria-current={chosen}
    >
      <Link to={`/review/${row.passage_id}`}>
        <OutcomeMark outcome={row.scan_doubts.length > 0 ? "exception" : row.outcome} />
        <b className="queue-id">{tail(row.passage_id)}</b>
        <span className="queue-what" title={foundIn(row, text)}>
          {foundIn(row, text)}
        </span>
        <span className="queue-when">
          {answer ? (
            <AnswerSentence answer={answer} />
          ) : left ? (
            <span className="quiet">{words.leftQueue}</span>
          ) : row.closed_at !== null ? (
            <span className="quiet">{words.pastBelt(timeOfDay(row.closed_at))}</span>
          ) : row.awaiting_answer ? (
            <Remaining line={row.line} passage_id={row.passage_id} />
          ) : (
            <span className="quiet">{words.decided}</span>
          )}
        </span>
        <span className={`queue-who ${other ? "tone-idle" : "quiet"}`}>
          {other ? words.claimedBy(row.claimed_by ?? "") : row.claimed_by_me ? words.claimedByMe : ""}
        </span>
      </Link>
    </li>
  );
}

/** What was found, in few words: findings, else the exception, else why papers flagged it. */
export function foundIn(row: ReviewRow, text: Messages): string {
  const { review: words } = text;
  if (row.findings.length > 0)
    return row.findings.map(({ kind, score }) => `${words.kinds[kind]} ${percent(score)}`).join(" · ");
  if (row.exception) return words.exceptions[row.exception].word;
  if (row.scan_doubts.length > 0) return row.scan_doubts.map((doubt) => words.doubts[doubt].word).join(" · ");
  return row.reasons.map((reason) => text.reasons[reason]?.word ?? reason).join(" · ") || "–";
}
