// The verdict of a passage, each reason as a sentence, and whether the item went where it was sent.

import { laneName } from "../api/lanes.ts";
import { useLine } from "../api/site.tsx";
import type { PassagePage, SiteLine } from "../api/types.ts";
import { timeOfDay } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { RoleMark } from "../marks/role-mark.tsx";
import { Part } from "./part.tsx";

export function VerdictPart({ page }: { page: PassagePage }) {
  const text = useText();
  const words = text.passage;
  const line = useLine(page.line);
  const lane = laneName(line, page.lane_decided);
  return (
    <Part
      title={words.verdict}
      beside={
        page.decided_at ? (
          <span className="quiet">
            {words.decidedAt(timeOfDay(page.decided_at))}
            {page.revision ? ` · ${words.revision(page.revision)}` : ""}
          </span>
        ) : null
      }
    >
      {page.role_decided ? (
        <>
          <p className={`verdict-large role-${page.role_decided}`}>
            <RoleMark role={page.role_decided} size={22} />
            <b>{text.role[page.role_decided].word}</b>
            {lane ? <span>{words.sentTo(lane)}</span> : null}
          </p>
          <ul className="why">
            {page.reasons.map((reason) => (
              <li key={reason}>
                <b>{text.reasons[reason]?.word ?? reason}</b> {text.reasons[reason]?.sentence}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p className="quiet">{words.noVerdict}</p>
      )}
      <Outcome page={page} line={line} />
    </Part>
  );
}

function Outcome({ page, line }: { page: PassagePage; line: SiteLine | undefined }) {
  const { passage: words } = useText();
  if (page.closed_at === null) return <p className="outcome quiet">{words.stillOpen}</p>;
  const time = timeOfDay(page.closed_at);
  const lane = laneName(line, page.lane_actual);
  if (lane === undefined)
    return (
      <p className="outcome tone-stop">
        <b>!</b> {words.neverSeen(time)}
      </p>
    );
  if (page.as_decided === false)
    return (
      <p className="outcome tone-stop">
        <b>≠</b> {words.wentElsewhere(lane, time)}
      </p>
    );
  return (
    <p className="outcome tone-good">
      <b>✓</b> {words.went(lane, time)}
    </p>
  );
}
