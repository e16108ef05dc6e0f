// Passages as rows: when, which, how heavy, what was decided, where it really went, and why.

import { Link } from "react-router";

import { laneName } from "../api/lanes.ts";
import { useSite } from "../api/site.tsx";
import type { PassageRow } from "../api/types.ts";
import { kilograms, tail } from "../format/quantity.ts";
import { dateAndTime, timeOfDay } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { useStanding } from "../marks/standing.ts";
import { Verdict } from "../marks/verdict.tsx";
import "./passages.css";

interface Props {
  rows: readonly PassageRow[];
  dated?: boolean; // show dates beside the times: rows of more than one day
  caption: string;
}

export function PassageTable({ rows, dated = false, caption }: Props) {
  const { table: words } = useText();
  return (
    <table className={`passages ${dated ? "passages-dated" : ""}`}>
      <caption>{caption}</caption>
      <colgroup>
        <col className="col-time" />
        <col className="col-id" />
        <col className="col-tail" />
        <col className="col-courier" />
        <col className="col-weight" />
        <col className="col-verdict" />
        <col className="col-actual" />
        <col />
      </colgroup>
      <thead>
        <tr>
          <th>{words.time}</th>
          <th>{words.parcel}</th>
          <th>{words.tail}</th>
          <th>{words.courier}</th>
          <th className="number">{words.weight}</th>
          <th>{words.verdict}</th>
          <th>{words.actual}</th>
          <th>{words.reasons}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.passage_id} row={row} dated={dated} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, dated }: { row: PassageRow; dated: boolean }) {
  const text = useText();
  const line = useSite().lines.find((one) => one.id === row.line);
  const standing = useStanding(row);
  const name = tail(row.passage_id);
  const why = row.reasons[0] && text.reasons[row.reasons[0]]?.sentence;
  return (
    <tr className={row.awaiting_answer ? "row-awaits" : ""}>
      <td>{dated ? dateAndTime(row.inducted_at) : timeOfDay(row.inducted_at)}</td>
      <td>
        <Link to={`/passages/${row.passage_id}`} aria-label={text.table.open(name)}>
          {name}
        </Link>
      </td>
      <td>{row.last4 ? row.last4 : "–"}</td>
      <td>{row.courier || "–"}</td>
      <td className="number">{kilograms(row.weight_g)}</td>
      <td>
        <Verdict role={standing} lane={standing === "image" ? undefined : laneName(line, row.lane_decided)} />
      </td>
      <td>
        <Actual row={row} lane={laneName(line, row.lane_actual)} />
      </td>
      <td className="reasons" title={row.reasons.map((reason) => text.reasons[reason]?.sentence ?? reason).join("\n")}>
        {row.awaiting_answer ? <b className="awaits">{text.table.awaiting}</b> : null}
        {row.reasons.map((reason) => text.reasons[reason]?.word ?? reason).join(" · ")}
        {why && row.role_decided !== "release" ? <span className="reason-sentence">{why}</span> : null}
      </td>
    </tr>
  );
}

/** Where it really went; said in words where that is not what was decided. */
function Actual({ row, lane }: { row: PassageRow; lane: string | undefined }) {
  const { table: words } = useText();
  if (row.closed_at === null) return <span className="quiet">{words.onBelt}</span>;
  if (lane === undefined) return <b className="tone-stop">! {words.lost}</b>;
  if (row.lane_decided !== null && row.lane_actual !== row.lane_decided)
    return (
      <b className="tone-stop">
        ≠ {lane} {words.differs}
      </b>
    );
  return <span className="arrived">{lane}</span>;
}
