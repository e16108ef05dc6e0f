// Under each plane a strip of all its slices: those seen, where findings lie, and the one shown. It can be dragged.

import type { PointerEvent } from "react";

import type { Finding } from "../../api/image-types.ts";
import { numbered } from "../numbered.ts";
import { slicesThrough, type Plane, type Shape } from "../volume/planes.ts";
import type { View } from "./use-view.ts";

interface Props {
  plane: Plane;
  shape: Shape;
  view: View;
  findings: readonly Finding[];
  shown: ReadonlySet<number>;
  index: number;
  n: number;
}

export function SliceStrip({ plane, shape, view, findings, shown, index, n }: Props) {
  const go = (event: PointerEvent<SVGSVGElement>): void => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { left, width } = event.currentTarget.getBoundingClientRect();
    view.goTo(plane, Math.floor(((event.clientX - left) / width) * n));
  };
  return (
    <svg
      className="strip"
      viewBox={`0 0 ${n} 10`}
      preserveAspectRatio="none"
      onPointerDown={go}
      onPointerMove={go}
      aria-hidden="true"
    >
      <rect className="strip-all" width={n} height={10} />
      {runsOf(shown, n).map(({ from, to }) => (
        <rect key={from} className="strip-seen" x={from} width={to - from + 1} y={6} height={4} />
      ))}
      {numbered(findings).map(({ one, number }) => {
        const { first, last } = slicesThrough(shape, one.box_mm, plane);
        return <rect key={number} className="strip-finding" x={first} width={last - first + 1} y={1} height={4} />;
      })}
      <rect className="strip-here" x={index} width={Math.max(1, n / 160)} height={10} />
    </svg>
  );
}

/** Neighbouring numbers joined, so that a strip needs few shapes. */
export function runsOf(shown: ReadonlySet<number>, n: number): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (let index = 0; index < n; index += 1) {
    if (!shown.has(index)) continue;
    const last = runs.at(-1);
    if (last && last.to === index - 1) last.to = index;
    else runs.push({ from: index, to: index });
  }
  return runs;
}
