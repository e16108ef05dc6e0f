// Today in numbers: how many came, what raised an alarm, where they went, why they were not released.

import { Link } from "react-router";

import { useLive } from "../api/live.ts";
import type { Figures, LaneRole, Reason } from "../api/types.ts";
import { count } from "../format/quantity.ts";
import { timeOrDate } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { RoleMark } from "../marks/role-mark.tsx";
import { useNow } from "../shell/now.ts";
import { Hours } from "./hours.tsx";

const ROLES: readonly LaneRole[] = ["release", "wait", "inspect", "recirculate"];
const RELEASING: ReadonlySet<string> = new Set(["cleared", "token", "officer_released"]);
const TOP_REASONS = 5;

export function FiguresPanel() {
  const text = useText();
  const figures = useLive((live) => live.figures);
  return (
    <section className="figures panel" aria-label={text.figures.label}>
      <h2>{text.figures.title}</h2>
      <Totals figures={figures} />
      <Alarms />
      <Roles figures={figures} />
      <Reasons figures={figures} />
      <Hours figures={figures} />
    </section>
  );
}

function Totals({ figures }: { figures: Figures | null }) {
  const { figures: words } = useText();
  return (
    <dl className="totals">
      <div>
        <dt>{words.inducted}</dt>
        <dd>{count(figures?.inducted)}</dd>
      </div>
      <div>
        <dt>{words.recorded}</dt>
        <dd>{count(figures?.recorded)}</dd>
      </div>
      <div title={words.gapsTip} className={figures?.gaps ? "tone-doubt" : ""}>
        <dt>{words.gaps}</dt>
        <dd>{count(figures?.gaps)}</dd>
      </div>
      <div title={words.quarantinedTip} className={figures?.quarantined ? "tone-doubt" : ""}>
        <dt>{words.quarantined}</dt>
        <dd>{count(figures?.quarantined)}</dd>
      </div>
    </dl>
  );
}

function Roles({ figures }: { figures: Figures | null }) {
  const text = useText();
  const total = ROLES.reduce((sum, role) => sum + (figures?.by_role[role] ?? 0), 0);
  return (
    <>
      <h3>{text.figures.byRole}</h3>
      <ul className="bars">
        {ROLES.map((role) => {
          const n = figures?.by_role[role] ?? 0;
          return (
            <li key={role} className={`role-${role}`}>
              <Link to={`/passages?role=${role}`}>
                <RoleMark role={role} size={12} />
                {text.role[role].word}
              </Link>
              <span className="bar">
                <i style={{ width: `${total > 0 ? (100 * n) / total : 0}%` }} />
              </span>
              <b>{figures ? count(n) : "–"}</b>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Reasons({ figures }: { figures: Figures | null }) {
  const text = useText();
  const counted = Object.entries(figures?.by_reason ?? {}) as [Reason, number][];
  const top = counted
    .filter(([reason]) => !RELEASING.has(reason))
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, TOP_REASONS);
  return (
    <>
      <h3>{text.figures.byReason}</h3>
      <ul className="counts">
        {top.map(([reason, n]) => (
          <li key={reason}>
            <Link to={`/passages?reason=${reason}`} title={text.reasons[reason]?.sentence}>
              {text.reasons[reason]?.word ?? reason}
            </Link>
            <b>{count(n)}</b>
          </li>
        ))}
        {top.length === 0 ? <li className="quiet">{text.none}</li> : null}
      </ul>
    </>
  );
}

/** The one code of the list that says a stop is over. */
const ENDED = "line_runs";

function Alarms() {
  const { alarms: words } = useText();
  const alarms = useLive((live) => live.alarms);
  const now = useNow();
  return (
    <>
      <h3>{alarms.length === 0 ? words.none : words.title}</h3>
      <ul className="alarms">
        {alarms.slice(0, 3).map((alarm) => (
          <li key={`${alarm.raised_at} ${alarm.code}`} title={alarm.detail}>
            {alarm.code === ENDED ? <b className="tone-good">●</b> : <b className="tone-stop">▲</b>}{" "}
            <span>{words.codes[alarm.code] ?? alarm.detail}</span> <time>{timeOrDate(alarm.raised_at, now)}</time>
          </li>
        ))}
      </ul>
    </>
  );
}
