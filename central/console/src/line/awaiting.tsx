// Parcels that await an officer's answer: oldest first, the chosen one marked, keys where they act.

import { Button } from "antd";
import { useMemo, useState } from "react";
import { Link, useNavigate } from "react-router";

import { AnswerDialog } from "../answer/answer-dialog.tsx";
import { AnswerSentence } from "../answer/answer-sentence.tsx";
import { Remaining } from "../answer/remaining.tsx";
import { useLive } from "../api/live.ts";
import { usePassage } from "../api/queries.ts";
import type { Decision, PassageRow } from "../api/types.ts";
import { tail } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { useKeys } from "../shell/keys.ts";

export function Awaiting({ lineId }: { lineId: string }) {
  const { answer: words } = useText();
  const all = useLive((live) => live.awaiting);
  const rows = useMemo(() => all.filter((row) => row.line === lineId).toReversed(), [all, lineId]);
  const navigate = useNavigate();
  const [wanted, choose] = useState<string | null>(null);
  const [asked, ask] = useState<{ row: PassageRow; decision: Decision } | null>(null);

  const index = Math.max(
    0,
    rows.findIndex((row) => row.passage_id === wanted),
  );
  const chosen = rows[index];
  const answerTo = (row: PassageRow, decision: Decision): void => {
    if (decision === "release" && mustBeSeen(row)) void navigate(`/review/${row.passage_id}`);
    else ask({ row, decision });
  };
  const answer = (decision: Decision): void => {
    if (chosen) answerTo(chosen, decision);
  };
  const step = (by: number): void =>
    choose(rows[Math.min(rows.length - 1, Math.max(0, index + by))]?.passage_id ?? null);
  useKeys({
    f: () => answer("release"),
    j: () => answer("stop"),
    o: () => (chosen ? void navigate(`/passages/${chosen.passage_id}`) : undefined),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
  });

  return (
    <section className="awaiting panel" aria-label={words.title}>
      <h2>
        {words.title} <b className={rows.length > 0 ? "tone-doubt" : "quiet"}>{rows.length}</b>
      </h2>
      <ol>
        {rows.map((row) => (
          <Case
            key={row.passage_id}
            row={row}
            chosen={row === chosen}
            choose={() => choose(row.passage_id)}
            answer={(decision) => answerTo(row, decision)}
          />
        ))}
        {rows.length === 0 ? <li className="awaiting-none quiet">{words.none}</li> : null}
      </ol>
      <LastAnswer />
      {asked ? (
        <AnswerDialog
          row={asked.row}
          decision={asked.decision}
          close={() => ask(null)}
          stillAsked={rows.some((row) => row.passage_id === asked.row.passage_id)}
        />
      ) : null}
    </section>
  );
}

/** A release of what raised an alarm needs a look at the image first. */
const mustBeSeen = (row: PassageRow): boolean => row.image_outcome === "alarm" || row.reasons.includes("image_alarm");

/** The latest answer; one that stays on its way is looked up, since no event tells that the line says nothing. */
function LastAnswer() {
  const { answer: words } = useText();
  const last = useLive((live) => live.lastAnswer);
  const page = usePassage(last?.passage_id ?? "", last?.ruling === "sent");
  const known = page.data?.answers.find((answer) => answer.answer_id === last?.answer_id);
  const shown = last?.ruling === "sent" ? (known ?? last) : last;
  return (
    <p className="last-answer quiet">
      {shown ? (
        <>
          {words.last} {tail(shown.passage_id)} <AnswerSentence answer={shown} />
        </>
      ) : null}
    </p>
  );
}

interface CaseProps {
  row: PassageRow;
  chosen: boolean;
  choose: () => void;
  answer: (decision: Decision) => void;
}

function Case({ row, chosen, choose, answer }: CaseProps) {
  const text = useText();
  const words = text.answer;
  const given = useLive((live) => live.answers[row.passage_id]);
  return (
    <li className={`case ${chosen ? "case-chosen" : ""}`} aria-current={chosen} onPointerDown={choose}>
      <Link to={`/passages/${row.passage_id}`} title={words.openItem}>
        {tail(row.passage_id)}
      </Link>
      <span className="case-why">{row.reasons.map((reason) => text.reasons[reason]?.word ?? reason).join(" · ")}</span>
      <Remaining line={row.line} passage_id={row.passage_id} />
      {given ? (
        <AnswerSentence answer={given} />
      ) : (
        <span className="case-answers">
          <Button
            size="small"
            variant="outlined"
            color={mustBeSeen(row) ? "default" : "green"}
            onClick={() => answer("release")}
          >
            {chosen ? <kbd>F</kbd> : null} {mustBeSeen(row) ? words.lookFirst : words.release}
          </Button>
          <Button size="small" danger onClick={() => answer("stop")}>
            {chosen ? <kbd>J</kbd> : null} {words.stop}
          </Button>
        </span>
      )}
    </li>
  );
}
