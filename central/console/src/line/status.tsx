// A line's state in one row: which line, running or not, speed, induction, what it holds and how fresh that is.

import { Select } from "antd";
import { useNavigate } from "react-router";

import { useSite } from "../api/site.tsx";
import type { LineState, SiteLine } from "../api/types.ts";
import { count, metresPerSecond } from "../format/quantity.ts";
import { timeOrDate } from "../format/time.ts";
import type { Messages } from "../i18n/shapes.ts";
import { span, useText } from "../i18n/text.ts";
import { useNow } from "../shell/now.ts";
import type { LineReport } from "./report.ts";

/** Several missed reports of a line, by this browser's clock, are a fact worth a sentence. */
const QUIET_MS = 10_000;

type Tone = "good" | "doubt" | "stop" | "idle";

const TONES: Record<string, Tone> = {
  execute: "good",
  idle: "idle",
  starting: "idle",
  stopped: "stop",
  aborted: "stop",
  aborting: "stop",
  held: "stop",
  holding: "stop",
  suspended: "doubt",
  stopping: "doubt",
  clearing: "doubt",
};

export function LineStatus({ line, report }: { line: SiteLine; report: LineReport | undefined }) {
  return (
    <div className="line-status">
      <LineName line={line} />
      {report ? <Facts state={report.state} /> : null}
    </div>
  );
}

function LineName({ line }: { line: SiteLine }) {
  const text = useText();
  const navigate = useNavigate();
  const { lines } = useSite();
  if (lines.length < 2) return <h1>{line.name}</h1>;
  return (
    <Select
      aria-label={text.line.choose}
      value={line.id}
      options={lines.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(id) => void navigate(`/line/${id}`)}
      popupMatchSelectWidth={false}
    />
  );
}

function Facts({ state }: { state: LineState }) {
  const text = useText();
  const words = text.line;
  const key = (state.state ?? "").toLowerCase();
  const tone = state.online ? (TONES[key] ?? "doubt") : "stop";
  const age = state.clearance_age_s;
  const outbox = state.outbox ?? 0;
  return (
    <>
      <strong className={`line-word tone-${tone}`}>
        <i aria-hidden="true" />
        {state.online ? (words.state[key] ?? (state.state || words.noState)) : words.away}
      </strong>
      <span>
        <b>{metresPerSecond(state.speed_mm_s ?? 0)}</b> m/s
      </span>
      <span className={state.induction_open ? "" : "tone-doubt"}>
        {state.induction_open ? words.inductionOpen : words.inductionClosed}
      </span>
      <span>{words.onBelt(state.items?.length ?? 0)}</span>
      <span className="push" title={words.listTip}>
        {age == null
          ? words.listNone
          : words.list(count(state.clearance_number ?? 0), text.duration.ago(span(text, age)))}
      </span>
      <span className={outbox > 0 ? "tone-doubt" : "quiet"} title={words.outboxTip}>
        {words.outbox(count(outbox))}
      </span>
    </>
  );
}

/** The sentence a line owes when what is drawn is not what is; room for it is kept, so that nothing moves. */
export function LineSentence({ report }: { report: LineReport | undefined }) {
  const { line: words } = useText();
  const now = useNow(); // looks again each second: silence announces itself by nothing else
  return (
    <p className="line-sentence" role="status">
      {sentenceOf(report, words, now)}
    </p>
  );
}

function sentenceOf(report: LineReport | undefined, words: Messages["line"], now: number): string {
  if (!report) return words.never;
  const at = timeOrDate(report.state.at, now);
  if (!report.state.online) return words.offline(at);
  return performance.now() - report.received_ms > QUIET_MS ? words.stale(at) : "";
}
