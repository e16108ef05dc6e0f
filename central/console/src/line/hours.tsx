// The day's flow: one column for each hour.

import type { Figures } from "../api/types.ts";
import { count } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";

const HOURS = 24;

export function Hours({ figures }: { figures: Figures | null }) {
  const { figures: words } = useText();
  const byHour = new Map(figures?.per_hour.map(({ hour, count: n }) => [hour, n]));
  const most = Math.max(1, ...byHour.values());
  return (
    <>
      <h3>{words.perHourTitle}</h3>
      <ol className="hours">
        {Array.from({ length: HOURS }, (_, hour) => {
          const n = byHour.get(hour) ?? 0;
          return (
            <li key={hour} title={words.perHourLabel(String(hour), count(n))}>
              <i style={{ height: `${(100 * n) / most}%` }} />
              {hour % 6 === 0 ? <span>{hour}</span> : null}
            </li>
          );
        })}
      </ol>
    </>
  );
}
