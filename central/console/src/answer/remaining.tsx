// How far a parcel still has to go for an answer, and how long that is at the present speed.

import { useEffect, useMemo, useState } from "react";

import { useLive } from "../api/live.ts";
import { metres, secondsLeft } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { deadlineOf, isStale, NO_MOTION, report } from "../line/motion.ts";

const EVERY_MS = 200;

export function Remaining({ line, passage_id }: { line: string; passage_id: string }) {
  const { answer: words } = useText();
  const latest = useLive((live) => live.lines[line]);
  const motion = useMemo(() => (latest ? report(NO_MOTION, latest.state, latest.received_ms) : NO_MOTION), [latest]);
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);

  const left_mm = deadlineOf(motion, passage_id, now);
  if (!motion.tracks.has(passage_id)) return <span className="remaining quiet">{words.notOnBelt}</span>;
  if (isStale(motion, now)) return <span className="remaining tone-doubt">{words.stale}</span>;
  if (left_mm === null || left_mm === 0) return <span className="remaining tone-stop">{words.passed}</span>;
  const seconds = secondsLeft(left_mm, motion.speed_mm_s);
  return (
    <span className="remaining">
      {words.left} <b>{metres(left_mm)}</b> m
      <span className="quiet"> · {seconds === null ? words.standing : words.atSpeed(seconds.toFixed(1))}</span>
    </span>
  );
}
