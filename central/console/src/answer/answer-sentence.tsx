// What became of an answer, in one sentence: sent, accepted by the line, too late, …

import type { Answer, Ruling } from "../api/types.ts";
import { timeOfDay } from "../format/time.ts";
import { useText } from "../i18n/text.ts";

const TONES: Record<Ruling, string> = {
  sent: "tone-idle",
  accepted: "tone-good",
  too_late: "tone-doubt",
  not_open: "tone-doubt",
  refused: "tone-stop",
  never_ruled: "tone-doubt",
};
const MARKS: Record<Ruling, string> = {
  sent: "→",
  accepted: "✓",
  too_late: "⌛",
  not_open: "–",
  refused: "✕",
  never_ruled: "?",
};

export function AnswerSentence({ answer }: { answer: Answer }) {
  const { answer: words } = useText();
  return (
    <span className={`answer-sentence ${TONES[answer.ruling]}`}>
      <b>
        {MARKS[answer.ruling]} {words[answer.decision]}
      </b>{" "}
      · {words.ruling[answer.ruling]} · <time>{timeOfDay(answer.ruled_at ?? answer.issued_at)}</time>
    </span>
  );
}
