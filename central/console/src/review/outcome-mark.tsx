// The mark of a review's outcome: a shape each, so that its colour never speaks alone.

import type { Outcome } from "../api/image-types.ts";
import { useText } from "../i18n/text.ts";

const MARKS: Record<Outcome | "none", { shape: string; tone: string }> = {
  alarm: { shape: "▲", tone: "tone-stop" },
  exception: { shape: "◆", tone: "tone-doubt" },
  clear: { shape: "●", tone: "tone-good" },
  none: { shape: "○", tone: "quiet" },
};

export function OutcomeMark({ outcome }: { outcome: Outcome | null }) {
  const { review: words } = useText();
  const { shape, tone } = MARKS[outcome ?? "none"];
  return (
    <span className={`outcome-mark ${tone}`} title={words.outcomes[outcome ?? "none"]}>
      {shape}
      <span className="hidden-word">{words.outcomes[outcome ?? "none"]}</span>
    </span>
  );
}
