// The parcels on the belt: one small rectangle each, in its verdict's colour and mark, moved by every frame of the screen.

import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useNavigate } from "react-router";

import { useLive } from "../api/live.ts";
import type { ItemOnBelt, SiteLine } from "../api/types.ts";
import { tail } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { ROLE_PATHS } from "../marks/role-mark.tsx";
import { standingOf } from "../marks/standing.ts";
import { PARCEL_HEIGHT, poseOf, type Scale } from "./geometry.ts";
import { isStale, NO_MOTION, positionOf, report as take, type Motion } from "./motion.ts";
import type { LineReport } from "./report.ts";

const MARK = 14;
const NAME_BELOW = 13;

export function Parcels({ line, scale, report }: { line: SiteLine; scale: Scale; report: LineReport | undefined }) {
  const elements = useRef(new Map<string, SVGGElement>());
  const motion = useRef<Motion>(NO_MOTION);
  const diverters = useMemo(() => new Map(line.lanes.map((lane) => [lane.number, lane.diverter_mm])), [line]);
  const items = report?.state.items;

  // before the frame that shows them: a parcel just reported must not be painted at the drawing's corner
  useLayoutEffect(() => {
    if (report) motion.current = take(motion.current, report.state, report.received_ms);
  }, [report]);

  useEffect(() => {
    let frame = 0;
    let drawnStale = false;
    const draw = (): void => {
      const now = performance.now();
      const stale = isStale(motion.current, now);
      if (!stale || !drawnStale) place(elements.current, motion.current, now, scale, diverters);
      drawnStale = stale;
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => cancelAnimationFrame(frame);
  }, [scale, diverters]);

  return (
    <g className="parcels">
      {items?.map((item) => (
        <Parcel
          key={item.passage_id}
          item={item}
          cutoff_mm={line.belt.release_cutoff_mm}
          scale={scale}
          keep={(element) => {
            elements.current.set(item.passage_id, element);
            return () => elements.current.delete(item.passage_id);
          }}
        />
      ))}
    </g>
  );
}

function place(
  elements: Map<string, SVGGElement>,
  motion: Motion,
  now: number,
  scale: Scale,
  diverters: Map<number, number>,
): void {
  for (const [id, element] of elements) {
    const position = positionOf(motion, id, now);
    const item = motion.tracks.get(id)?.item;
    if (position === null || !item) continue;
    const pose = poseOf(scale, position, item.length_mm, item.lane == null ? null : (diverters.get(item.lane) ?? null));
    element.setAttribute("transform", `translate(${pose.x.toFixed(1)} ${pose.y.toFixed(1)})`);
    element.setAttribute("opacity", pose.opacity.toFixed(2));
  }
}

interface ParcelProps {
  item: ItemOnBelt;
  cutoff_mm: number;
  scale: Scale;
  keep: (element: SVGGElement) => () => void;
}

function Parcel({ item, cutoff_mm, scale, keep }: ParcelProps) {
  const text = useText();
  const navigate = useNavigate();
  const reasons = useLive((live) => live.rows.find((row) => row.passage_id === item.passage_id)?.reasons);
  const role = standingOf(item.role, reasons ?? [], item.position_mm, cutoff_mm);
  const word = role === "image" ? `${text.role.image.word}: ${text.role.image.lane}` : text.role[role].word;
  const { length } = poseOf(scale, item.position_mm, item.length_mm, null);
  const name = tail(item.passage_id);
  const open = (): void => void navigate(`/passages/${item.passage_id}`);
  return (
    <g
      className={`parcel role-${role} ${item.deadline_mm == null ? "" : "parcel-awaits"}`}
      ref={(element) => (element ? keep(element) : undefined)}
      role="link"
      tabIndex={0}
      aria-label={text.line.parcel(name, word)}
      onClick={open}
      onKeyDown={(event) => (event.key === "Enter" ? open() : undefined)}
    >
      <title>{text.line.parcel(name, word)}</title>
      <rect width={length} height={PARCEL_HEIGHT} rx={role === "release" ? 6 : 2} />
      <svg
        x={length / 2 - MARK / 2}
        y={(PARCEL_HEIGHT - MARK) / 2}
        width={MARK}
        height={MARK}
        viewBox="0 0 16 16"
        aria-hidden="true"
      >
        <path d={ROLE_PATHS[role]} />
      </svg>
      <text x={length / 2} y={PARCEL_HEIGHT + NAME_BELOW} textAnchor="middle">
        {name}
      </text>
    </g>
  );
}
