// What happened to an item, moment by moment, with the place on the belt.

import { laneName, useLine } from "../api/site.tsx";
import type { Moment, PassagePage, SiteLine } from "../api/types.ts";
import { kilograms, metres } from "../format/quantity.ts";
import { timeWithMilliseconds } from "../format/time.ts";
import type { Messages } from "../i18n/shapes.ts";
import { useText } from "../i18n/text.ts";
import { Part } from "./part.tsx";

const BAD = new Set(["no_read", "no_weight", "divert_failed", "lost", "too_close", "events_missed", "never_seen_in_a_lane", "controller_restarted", "answer_too_late", "answer_refused"]);
const GOOD = new Set(["diverted", "answer_accepted"]);

export function Timeline({ page }: { page: PassagePage }) {
  const text = useText();
  const words = text.passage;
  const line = useLine(page.line);
  return (
    <Part title={words.timeline}>
      {page.timeline.length === 0 ? <p className="quiet">{words.noTimeline}</p> : (
        <table className="lines timeline">
          <tbody>
            {page.timeline.map((moment) => (
              <tr key={`${moment.at} ${moment.what} ${moment.device ?? ""} ${moment.detail ?? ""}`} className={BAD.has(moment.what) ? "moment-bad" : GOOD.has(moment.what) ? "moment-good" : ""}>
                <td className="moment-time">{timeWithMilliseconds(moment.at)}</td>
                <td className="number moment-place">{moment.position_mm == null ? "" : `${metres(moment.position_mm)} m`}</td>
                <td><i aria-hidden="true" />{text.moment[moment.what] ?? moment.what} <span className="quiet">{detailOf(moment, text, line)}</span></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  );
}

/** A moment's detail in words; what it means depends on the kind of moment. */
function detailOf({ what, detail = "", device = "" }: Moment, text: Messages, line: SiteLine | undefined): string {
  const words = text.momentDetail;
  const from = device ? (text.device.names[device] ?? device) : "";
  if (what === "eye" || what === "lost") return words.eye(detail);
  if (what === "codes_read") return `${from} · ${words.codes(detail)}`;
  if (what === "no_read" || what === "no_weight") return from;
  if (what === "weighed") return words.weight(kilograms(Number(detail)));
  if (what === "answered") return text.answer[detail === "release" ? "release" : "stop"];
  if (what === "decided") return verdictOf(detail, text);
  if (what.startsWith("lane_") || what === "diverted" || what === "divert_failed") return words.lane(laneName(line, Number(detail)) ?? detail);
  return [from, detail].filter(Boolean).join(" · ");
}

/** "inspect weight_mismatch,no_read" → 查验 · 重量不符 · 未读到码 */
function verdictOf(detail: string, text: Messages): string {
  if (detail === "inspection") return text.reasons.inspection.word;
  const [role = "", reasons = ""] = detail.split(" ");
  const roleWord = (text.role as Record<string, { word: string }>)[role]?.word ?? role;
  const words = reasons.split(",").filter(Boolean).map((reason) => (text.reasons as Record<string, { word: string }>)[reason]?.word ?? reason);
  return [roleWord, ...words].join(" · ");
}
