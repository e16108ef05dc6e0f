// The line page: the belt, its devices, what awaits an answer, what passes, and today's figures.

import { useParams } from "react-router";

import { useLive } from "../api/live.ts";
import { useMay, useSite } from "../api/site.tsx";
import type { SiteLine } from "../api/types.ts";
import { useText } from "../i18n/text.ts";
import { Contained, Empty } from "../marks/states.tsx";
import { Awaiting } from "./awaiting.tsx";
import { BeltDrawing } from "./belt.tsx";
import { Devices } from "./devices.tsx";
import { FiguresPanel } from "./figures-panel.tsx";
import { LiveTable } from "./live-table.tsx";
import { LineSentence, LineStatus } from "./status.tsx";
import "./line.css";

export function LinePage() {
  const text = useText();
  const { lines } = useSite();
  const { line: asked } = useParams();
  const line = asked === undefined ? lines[0] : lines.find((one) => one.id === asked);
  if (!line) return <Empty>{lines.length === 0 ? text.line.emptySite : text.failure.not_found}</Empty>;
  return <Line key={line.id} line={line} />;
}

function Line({ line }: { line: SiteLine }) {
  const text = useText();
  const report = useLive((live) => live.lines[line.id]);
  const behind = useLive((live) => live.connection.status !== "live");
  const seesPassages = useMay("see_passages");
  const seesFigures = useMay("see_figures");
  const mayAnswer = useMay("answer");
  return (
    <div className={`line-page ${report?.state.online && !behind ? "" : "line-away"}`}>
      <section className="panel belt-panel">
        <LineStatus line={line} report={report} />
        <Contained sentence={text.states.crashed}>
          <BeltDrawing line={line} report={report} />
        </Contained>
        <LineSentence report={report} />
      </section>
      <Devices line={line} tiles={report?.state.devices} />
      {mayAnswer ? <Awaiting lineId={line.id} /> : null}
      <div className="line-columns">
        {seesPassages ? (
          <Contained sentence={text.states.crashed}>
            <LiveTable lineId={line.id} />
          </Contained>
        ) : null}
        {seesFigures ? (
          <Contained sentence={text.states.crashed}>
            <FiguresPanel />
          </Contained>
        ) : null}
      </div>
    </div>
  );
}
