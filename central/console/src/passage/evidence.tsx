// What the verdict rested on: codes, weights, length, clearance, doubts. What disagrees is marked where it stands.

import { useSite } from "../api/site.tsx";
import type { PassagePage } from "../api/types.ts";
import { kilograms, metres, weightsAgree } from "../format/quantity.ts";
import { dateAndTime } from "../format/time.ts";
import { span, useText } from "../i18n/text.ts";
import { Fact, Part } from "./part.tsx";

export function EvidencePart({ page }: { page: PassagePage }) {
  const text = useText();
  const words = text.passage;
  const evidence = page.evidence ?? {};
  const { clearance, doubts = [], codes = [] } = evidence;
  const keys = codes.reduce((sum, frame) => sum + frame.keys.length, 0);
  return (
    <Part title={words.evidence}>
      <dl className="facts">
        <Fact name={words.codes}>
          {codes.length === 0 ? (
            <span className="tone-doubt">{words.noCodes}</span>
          ) : (
            words.codesCount(codes.length, keys)
          )}
          {codes.map((frame) => (
            <span className="detail" key={`${frame.scanner} ${frame.position_mm}`}>
              {words.codesFrom(
                text.device.names[frame.scanner] ?? frame.scanner,
                metres(frame.position_mm),
                frame.keys.length,
              )}
            </span>
          ))}
        </Fact>
        <Weights page={page} />
        <Fact name={words.length}>{evidence.length_mm == null ? "–" : `${evidence.length_mm} mm`}</Fact>
        <Fact name={words.clearance}>
          {clearance ? (
            <>
              {words.clearanceState[clearance.state] ?? clearance.state}
              <span className="detail">
                {words.clearanceVersion(clearance.version, clearance.list_number)} ·{" "}
                {words.clearanceAge(span(text, clearance.age_s))}
              </span>
            </>
          ) : (
            <span className="tone-doubt">{words.noClearance}</span>
          )}
        </Fact>
        <ClearanceSince page={page} />
        {evidence.trips ? <Fact name={words.trips}>{words.tripsCount(evidence.trips)}</Fact> : null}
        {doubts.length > 0 ? (
          <Fact name={words.doubts}>{doubts.map((doubt) => text.reasons[doubt]?.word ?? doubt).join(" · ")}</Fact>
        ) : null}
      </dl>
    </Part>
  );
}

/** What the clearance became after the verdict; that it is used up by this very release says nothing new. */
function ClearanceSince({ page }: { page: PassagePage }) {
  const text = useText();
  const now = page.clearance;
  if (!now || now.version === page.evidence?.clearance?.version) return null;
  if (now.state === "released" && page.role_actual === "release") return null;
  const reasons = now.reasons.map((reason) => text.reasons[reason]?.word ?? reason);
  return (
    <Fact name={text.passage.clearanceNow}>
      {text.passage.clearanceState[now.state] ?? now.state}
      <span className="detail">{[dateAndTime(now.as_of), ...reasons].join(" · ")}</span>
    </Fact>
  );
}

/** Measured and declared weight, and whether they agree by the line's tolerance. */
export function Weights({ page }: { page: PassagePage }) {
  const { passage: words } = useText();
  const measured = page.evidence?.weight_g ?? page.weight_g;
  const declared = page.evidence?.declared_weight_g ?? page.papers?.declared_weight_g ?? null;
  const line = useSite().lines.find((one) => one.id === page.line);
  const both = measured != null && declared != null;
  const agrees = both && line !== undefined && weightsAgree(measured, declared, line);
  const differs = page.reasons.includes("weight_mismatch") || (both && line !== undefined && !agrees);
  return (
    <>
      <Fact name={words.measured}>
        <Weight g={measured} />
      </Fact>
      <Fact name={words.declared}>
        <Weight g={declared} />
        {both && differs ? (
          <span className="mark-differs">≠ {words.difference(kilograms(Math.abs(measured - declared)))}</span>
        ) : null}
        {agrees && !differs ? <span className="mark-agrees">✓ {words.agrees}</span> : null}
      </Fact>
    </>
  );
}

function Weight({ g }: { g: number | null }) {
  if (g === null) return "–";
  return (
    <span className="weight">
      <b>{kilograms(g)}</b> kg
    </span>
  );
}
