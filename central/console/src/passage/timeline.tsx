// What happened to an item, moment by moment, with the place on the belt.

import { useLine } from "../api/site.tsx";
import type { PassagePage } from "../api/types.ts";
import { metres } from "../format/quantity.ts";
import { timeWithMilliseconds } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { detailOf } from "./moments.ts";
import { Part } from "./part.tsx";

const BAD = new Set([
  "no_read",
  "no_weight",
  "divert_failed",
  "lost",
  "too_close",
  "events_missed",
  "never_seen_in_a_lane",
  "controller_restarted",
  "answer_too_late",
  "answer_refused",
]);
const GOOD = new Set(["diverted", "answer_accepted"]);

export function Timeline({ page }: { page: PassagePage }) {
  const text = useText();
  const words = text.passage;
  const line = useLine(page.line);
  return (
    <Part title={words.timeline}>
      {page.timeline.length === 0 ? (
        <p className="quiet">{words.noTimeline}</p>
      ) : (
        <table className="lines timeline">
          <tbody>
            {page.timeline.map((moment) => (
              <tr
                key={`${moment.at} ${moment.what} ${moment.device ?? ""} ${moment.detail ?? ""}`}
                className={BAD.has(moment.what) ? "moment-bad" : GOOD.has(moment.what) ? "moment-good" : ""}
              >
                <td className="moment-time">{timeWithMilliseconds(moment.at)}</td>
                <td className="number moment-place">
                  {moment.position_mm == null ? "" : `${metres(moment.position_mm)} m`}
                </td>
                <td>
                  <i aria-hidden="true" />
                  {text.moment[moment.what] ?? moment.what}{" "}
                  <span className="quiet">{detailOf(moment, text, line)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  );
}
