// Which slices were really looked at, and what is still to be seen before a release is offered. Pure.

import { AXES, PLANES, slicesThrough, type Box, type Crop, type Plane, type Shape } from "./planes.ts";

/** A slice shown for less than this was not seen. */
export const DWELL_MS = 40;

/** What shows in a slice shows in its neighbours too: a slice beside one that was shown counts as seen. */
const NEIGHBOURS = 1;

/** This share of the axial slices that hold the item must have been seen. */
export const AXIAL_SHARE = 0.6;

/** Slices shown, by plane. */
export type Shown = Readonly<Record<Plane, ReadonlySet<number>>>;

export const NOTHING_SHOWN: Shown = { axial: new Set(), coronal: new Set(), sagittal: new Set() };

export const withShown = (shown: Shown, plane: Plane, index: number): Shown =>
  shown[plane].has(index) ? shown : { ...shown, [plane]: new Set([...shown[plane], index]) };

const seen = (shown: ReadonlySet<number>, index: number): boolean => {
  for (let at = index - NEIGHBOURS; at <= index + NEIGHBOURS; at += 1) if (shown.has(at)) return true;
  return false;
};

function counted(shown: ReadonlySet<number>, first: number, last: number): number {
  let count = 0;
  for (let index = first; index <= last; index += 1) if (seen(shown, index)) count += 1;
  return count;
}

/** What was looked at and what is missing; `findings` are 1-based numbers of those not seen whole. */
export interface Look {
  share: Record<Plane, number>; // of the slices that hold the item
  findings: number[];
  enough: boolean;
}

export function lookOf(shape: Shape, boxes: readonly Box[], content: Crop, shown: Shown): Look {
  const share = { axial: 0, coronal: 0, sagittal: 0 };
  for (const plane of PLANES) {
    const { through } = AXES[plane];
    const [first, last] = [content.from[through], content.to[through]];
    share[plane] = counted(shown[plane], first, last) / (last - first + 1);
  }
  const findings = boxes.flatMap((box, index) => {
    const { first, last } = slicesThrough(shape, box, "axial");
    return counted(shown.axial, first, last) === last - first + 1 ? [] : [index + 1];
  });
  return { share, findings, enough: findings.length === 0 && share.axial >= AXIAL_SHARE };
}
