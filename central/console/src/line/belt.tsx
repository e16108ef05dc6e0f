// One line drawn to scale: belt, eyes, scanners, scale, cut-off and lanes; the parcels move on top of it.

import { useMemo } from "react";

import type { SiteLine } from "../api/types.ts";
import { count } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import {
  anchorOf,
  BELT_BOTTOM,
  BELT_HEIGHT,
  BELT_TOP,
  DRAWING_HEIGHT,
  fixturesOf,
  LANE_HEIGHT,
  LANE_TOP,
  placeLanes,
  scaleOf,
  spread,
  xOf,
  type Fixture,
  type Placed,
  type Scale,
} from "./geometry.ts";
import { Parcels } from "./parcels.tsx";
import { RoleMark } from "../marks/role-mark.tsx";
import { useWidth } from "./use-width.ts";
import type { LineReport } from "./report.ts";

const NAME_BASELINE = 22;
const NAME_GAP = 10;

export function BeltDrawing({ line, report }: { line: SiteLine; report: LineReport | undefined }) {
  const text = useText();
  const [frame, width] = useWidth();
  const scale = useMemo(() => scaleOf(line.belt, width), [line, width]);
  const still = !report?.state.online || !report.state.speed_mm_s;
  return (
    <div className="belt-frame" ref={frame} style={{ height: DRAWING_HEIGHT }}>
      {width > 0 ? (
        <svg
          className={`belt ${still ? "belt-still" : ""}`}
          width={width}
          height={DRAWING_HEIGHT}
          role="group"
          aria-label={text.line.belt(line.name, report?.state.items?.length ?? 0)}
        >
          <BeltItself line={line} scale={scale} />
          <Fixtures line={line} scale={scale} />
          <Lanes line={line} scale={scale} counts={report?.state.lane_counts} />
          <Parcels line={line} scale={scale} report={report} />
        </svg>
      ) : null}
    </div>
  );
}

function BeltItself({ line, scale }: { line: SiteLine; scale: Scale }) {
  const { line: words } = useText();
  const { belt } = line;
  const cutoff = xOf(scale, belt.release_cutoff_mm);
  return (
    <g>
      <rect
        className="belt-bed"
        x={scale.left}
        y={BELT_TOP}
        width={scale.right - scale.left}
        height={BELT_HEIGHT}
        rx={3}
      />
      <rect className="belt-latched" x={cutoff} y={BELT_TOP} width={scale.right - cutoff} height={BELT_HEIGHT} rx={3} />
      {line.scale ? (
        <rect
          className="belt-scale"
          x={xOf(scale, line.scale.position_mm)}
          y={BELT_TOP}
          width={line.scale.length_mm * scale.unitsPerMm}
          height={BELT_HEIGHT}
        />
      ) : null}
      {line.ct ? (
        <rect
          className="belt-tunnel"
          x={xOf(scale, line.ct.position_mm)}
          y={BELT_TOP - 7}
          width={line.ct.length_mm * scale.unitsPerMm}
          height={BELT_HEIGHT + 14}
          rx={3}
        />
      ) : null}
      <Metres scale={scale} end_mm={belt.end_mm} />
      <text className="belt-end" x={scale.right - 6} y={BELT_TOP - 8} textAnchor="end">
        {words.end} ▸
      </text>
    </g>
  );
}

/** A ruler under the belt: a tick each metre, a longer one every five. */
function Metres({ scale, end_mm }: { scale: Scale; end_mm: number }) {
  const marks = Array.from({ length: Math.floor(end_mm / 1000) + 1 }, (_, metre) => metre);
  return (
    <g className="belt-ruler" aria-hidden="true">
      {marks.map((metre) => {
        const x = xOf(scale, metre * 1000);
        return <line key={metre} x1={x} x2={x} y1={BELT_BOTTOM + 2} y2={BELT_BOTTOM + (metre % 5 === 0 ? 8 : 5)} />;
      })}
    </g>
  );
}

function Fixtures({ line, scale }: { line: SiteLine; scale: Scale }) {
  const text = useText();
  const { line: words } = text;
  const placed = useMemo(() => {
    const nameOf = (fixture: Fixture): string => {
      if (fixture.kind === "eye") {
        if (fixture.index === 0) return words.induction;
        return fixture.decides ? `${words.eye(fixture.index)} · ${words.decides}` : words.eye(fixture.index);
      }
      if (fixture.kind === "scanner") return words.scanner(fixture.name);
      if (fixture.kind === "ct") return words.ct;
      if (fixture.kind === "camera") return words.camera;
      return fixture.kind === "scale" ? words.scale : words.cutoff;
    };
    const labels = fixturesOf(line).map((fixture) => {
      const name = nameOf(fixture);
      return { what: { fixture, name }, x: xOf(scale, anchorOf(fixture)), width: nameWidth(name) };
    });
    return spread(labels, NAME_GAP, scale.left, scale.right - 48);
  }, [line, scale, words]);
  return (
    <g>
      {placed.map((place) => (
        <FixtureMark key={`${place.what.fixture.kind} ${place.x}`} place={place} />
      ))}
    </g>
  );
}

/** Estimated: a full-width character is as wide as the 12 px type, a Latin one a little over half. */
const nameWidth = (name: string): number =>
  [...name].reduce((sum, character) => sum + (character > "\u2E80" ? 12 : 6.8), 0);

function FixtureMark({ place }: { place: Placed<{ fixture: Fixture; name: string }> }) {
  const { fixture, name } = place.what;
  const strong = fixture.kind === "cutoff" || (fixture.kind === "eye" && fixture.decides);
  return (
    <g className={`fixture fixture-${fixture.kind} ${strong ? "fixture-strong" : ""}`}>
      <text x={place.at} y={NAME_BASELINE} textAnchor="middle">
        {name}
      </text>
      <path className="leader" d={`M${place.at} ${NAME_BASELINE + 6}L${place.x} ${BELT_TOP - 20}V${BELT_TOP - 10}`} />
      {fixture.kind === "eye" ? <path className="eye" d={`M${place.x} ${BELT_TOP - 10}V${BELT_BOTTOM}`} /> : null}
      {fixture.kind === "scanner" ? <path className="scanner" d={`M${place.x - 5} ${BELT_TOP - 10}h10l-5 8z`} /> : null}
      {fixture.kind === "camera" ? (
        <path className="camera" d={`M${place.x - 6} ${BELT_TOP - 11}h9v3l4 -3v8l-4 -3v3h-9z`} />
      ) : null}
      {fixture.kind === "cutoff" ? (
        <path className="cutoff" d={`M${place.x} ${BELT_TOP - 10}V${BELT_BOTTOM + 6}`} />
      ) : null}
    </g>
  );
}

function Lanes({ line, scale, counts }: { line: SiteLine; scale: Scale; counts: number[] | undefined }) {
  const text = useText();
  const lanes = useMemo(() => placeLanes(scale, line.lanes), [line, scale]);
  return (
    <g>
      {lanes.map(({ what: lane, x, at, width }) => {
        const counted = count(counts?.[lane.number - 1]);
        const role = text.role[lane.role];
        return (
          <g key={lane.number} className={`lane role-${lane.role}`}>
            <title>
              {text.line.laneTip(lane.name, role.lane, counted) +
                (lane.capacity > 0 ? ` · ${text.line.capacity(lane.capacity)}` : "")}
            </title>
            <path className="chute" d={`M${x} ${BELT_BOTTOM}V${BELT_BOTTOM + 10}L${at} ${LANE_TOP - 6}V${LANE_TOP}`} />
            <path className="diverter" d={`M${x - 6} ${BELT_BOTTOM}h12l-6 7z`} />
            <rect className="lane-box" x={at - width / 2} y={LANE_TOP} width={width} height={LANE_HEIGHT} rx={3} />
            <g transform={`translate(${at - width / 2 + 8} ${LANE_TOP + 7})`}>
              <RoleMark role={lane.role} size={12} />
            </g>
            <text className="lane-name" x={at - width / 2 + 24} y={LANE_TOP + 18}>
              {lane.name} {role.word}
            </text>
            <text className="lane-count" x={at + width / 2 - 8} y={LANE_TOP + 38} textAnchor="end">
              {counted}
            </text>
          </g>
        );
      })}
    </g>
  );
}
