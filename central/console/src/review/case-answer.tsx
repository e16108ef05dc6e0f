// Answering: two keys, why one of them may not be offered, and what became of the answer, in one place that never moves.

import { Button } from "antd";
import { useState } from "react";

import { AnswerDialog } from "../answer/answer-dialog.tsx";
import { AnswerSentence } from "../answer/answer-sentence.tsx";
import { Remaining } from "../answer/remaining.tsx";
import type { ReviewRow } from "../api/image-types.ts";
import type { Answer, Decision } from "../api/types.ts";
import { useText } from "../i18n/text.ts";
import { useKeys } from "../shell/keys.ts";
import { whyNoRelease, whyNoStop, type NoRelease } from "./queue.ts";
import type { ClaimState } from "./use-claim.ts";
import { AXIAL_SHARE, type Look } from "./volume/seen.ts";

interface Props {
  row: ReviewRow;
  claim: ClaimState;
  answer: Answer | undefined;
  look: Look | null; // null: no image is on screen
}

export function CaseAnswer({ row, claim, answer, look }: Props) {
  const text = useText();
  const { review: words, answer: answerWords } = text;
  const [decision, decide] = useState<Decision | null>(null);
  const facts = {
    row,
    claimed: claim.kind === "held" ? "mine" : claim.kind === "other" ? "other" : "none",
    answered: answer !== undefined,
    opened: look !== null,
    seen: look?.enough ?? false,
  } as const;
  const noRelease = whyNoRelease(facts);
  const noStop = whyNoStop(facts);
  const ask = (wanted: Decision): void => {
    if ((wanted === "release" ? noRelease : noStop) === null) decide(wanted);
  };
  useKeys({ f: () => ask("release"), j: () => ask("stop") });
  return (
    <section className="case-answer panel" aria-label={words.answer}>
      <p className="case-remaining">
        {answer ? (
          words.noRelease.answered
        ) : row.closed_at !== null ? (
          words.beltPassed
        ) : row.awaiting_answer ? (
          <Remaining line={row.line} passage_id={row.passage_id} />
        ) : (
          words.decided
        )}
      </p>
      <div className="case-buttons">
        <Button
          size="large"
          variant="outlined"
          color="green"
          disabled={noRelease !== null}
          onClick={() => ask("release")}
        >
          <kbd>F</kbd> {answerWords.release}
        </Button>
        <Button size="large" danger disabled={noStop !== null} onClick={() => ask("stop")}>
          <kbd>J</kbd> {answerWords.stop}
        </Button>
      </div>
      <p className={`case-sentence ${noRelease && BARRED.has(noRelease) ? "tone-stop" : ""}`} role="status">
        {answer ? (
          <AnswerSentence answer={answer} />
        ) : claim.kind === "other" ? (
          words.claimedBySentence(claim.by)
        ) : claim.kind === "failed" ? (
          words.claimFailed
        ) : noRelease === "unseen" && look ? (
          unseenSentence(look, words)
        ) : noRelease ? (
          words.noRelease[noRelease]
        ) : (
          words.mayAnswer
        )}
      </p>
      {decision ? (
        <AnswerDialog
          row={row}
          decision={decision}
          beside
          stillAsked={(decision === "release" ? noRelease : noStop) === null}
          close={() => decide(null)}
        />
      ) : null}
    </section>
  );
}

const BARRED: ReadonlySet<NoRelease> = new Set<NoRelease>(["prohibited", "exception"]);

function unseenSentence(look: Look, words: ReturnType<typeof useText>["review"]): string {
  const axial = words.unseenAxial(`${Math.floor(look.share.axial * 100)} %`, `${Math.round(AXIAL_SHARE * 100)} %`);
  return look.findings.length > 0 ? words.unseenFindings(look.findings.join(", "), axial) : axial;
}
