// The belt on paper: from millimetres of belt to the drawing's units. Pure; drawn by belt.tsx.

import type { Belt, Lane, SiteLine } from "../api/types.ts";

export const BELT_TOP = 64;
export const BELT_HEIGHT = 52;
export const PARCEL_TOP = BELT_TOP + 6;
export const PARCEL_HEIGHT = 26;
export const BELT_BOTTOM = BELT_TOP + BELT_HEIGHT;
export const CHUTE = 38; // length of a lane's chute below the belt
export const LANE_TOP = BELT_BOTTOM + CHUTE;
export const LANE_HEIGHT = 46;
export const DRAWING_HEIGHT = LANE_TOP + LANE_HEIGHT + 2;

const MARGIN = 14; // each side
const LEAD_IN_MM = 600; // belt drawn before the induction eye
const LANE_GAP = 8;
const LANE_WIDTH_MAX = 104;
const DEFAULT_LENGTH_MM = 300; // until the controller has measured an item

/** One belt at one width of drawing. */
export interface Scale {
  width: number;
  left: number; // x of the belt's start
  right: number; // x of its end
  unitsPerMm: number;
}

export function scaleOf(belt: Belt, width: number): Scale {
  const unitsPerMm = (width - 2 * MARGIN) / (belt.end_mm + LEAD_IN_MM);
  return { width, left: MARGIN, right: width - MARGIN, unitsPerMm };
}

/** x of a position on the belt. */
export const xOf = (scale: Scale, position_mm: number): number =>
  scale.left + (position_mm + LEAD_IN_MM) * scale.unitsPerMm;

/** A label that wants to stand at `x` and takes `width`; `at` is where it may, centred. */
export interface Placed<T> {
  what: T;
  x: number;
  at: number;
  width: number;
}

/** Labels that touch; `width` holds the gap after each. */
interface Block {
  left: number;
  width: number;
  members: number;
}

/** A block wishes to start where its members' wishes lie on average; the later one's lie `before.width` further right. */
function join(before: Block, after: Block, within: (left: number, width: number) => number): Block {
  const members = before.members + after.members;
  const width = before.width + after.width;
  const wish = (before.left * before.members + (after.left - before.width) * after.members) / members;
  return { left: within(wish, width), width, members };
}

/**
 * Moves labels apart as little as needed so that none overlap and all stay between `from` and `to`.
 * Labels that touch form a block, and a block stands where its members wish on average (isotonic regression).
 */
export function spread<T>(
  labels: readonly { what: T; x: number; width: number }[],
  gap: number,
  from: number,
  to: number,
): Placed<T>[] {
  const sorted = labels.toSorted((a, b) => a.x - b.x);
  const blocks: Block[] = [];
  const within = (left: number, width: number): number => Math.max(from, Math.min(left, to - width + gap));
  for (const { x, width } of sorted) {
    let block: Block = { left: within(x - width / 2, width + gap), width: width + gap, members: 1 };
    for (let before = blocks.at(-1); before && before.left + before.width > block.left; before = blocks.at(-1)) {
      blocks.pop();
      block = join(before, block, within);
    }
    blocks.push(block);
  }
  let first = 0;
  return blocks.flatMap((block) => {
    const members = sorted.slice(first, first + block.members);
    first += block.members;
    let { left } = block;
    return members.map(({ what, x, width }) => {
      const at = left + width / 2;
      left += width + gap;
      return { what, x, at, width };
    });
  });
}

/** Lane boxes below the belt, as near to their diverters as they fit. */
export function placeLanes(scale: Scale, lanes: readonly Lane[]): Placed<Lane>[] {
  const room = (scale.right - scale.left) / Math.max(1, lanes.length) - LANE_GAP;
  const width = Math.min(LANE_WIDTH_MAX, room);
  const wishes = lanes.map((lane) => ({ what: lane, x: xOf(scale, lane.diverter_mm), width }));
  return spread(wishes, LANE_GAP, scale.left, scale.right);
}

export interface Pose {
  x: number; // of the item's back (left edge)
  y: number; // of its top
  length: number;
  opacity: number;
}

/** How far past its diverter an item is drawn before it is gone into the lane. */
const INTO_LANE_MM = 900;

/**
 * Where an item is drawn whose front is at `position_mm`. Past its lane's diverter it turns into the chute:
 * the drawing shows where it was sent, until the line says that it arrived.
 */
export function poseOf(
  scale: Scale,
  position_mm: number,
  length_mm: number | null | undefined,
  diverter_mm: number | null,
): Pose {
  const length = Math.max(10, (length_mm ?? DEFAULT_LENGTH_MM) * scale.unitsPerMm);
  if (diverter_mm === null || position_mm <= diverter_mm) {
    return { x: xOf(scale, position_mm) - length, y: PARCEL_TOP, length, opacity: 1 };
  }
  const share = Math.min(1, (position_mm - diverter_mm) / INTO_LANE_MM);
  return {
    x: xOf(scale, diverter_mm) - length * (1 - share / 2),
    y: PARCEL_TOP + share * (CHUTE + 8),
    length,
    opacity: 1 - share,
  };
}

/** What stands along the belt, named above it. */
export type Fixture =
  | { kind: "eye"; index: number; decides: boolean; position_mm: number }
  | { kind: "scanner"; name: string; position_mm: number }
  | { kind: "scale"; name: string; position_mm: number; length_mm: number }
  | { kind: "ct"; name: string; position_mm: number; length_mm: number }
  | { kind: "camera"; name: string; position_mm: number }
  | { kind: "cutoff"; position_mm: number };

export function fixturesOf(line: SiteLine): Fixture[] {
  const { belt } = line;
  const eyes = belt.eyes_mm.map(
    (position_mm, index): Fixture => ({ kind: "eye", index, decides: index === belt.decide_eye, position_mm }),
  );
  const scanners = line.scanners.map(({ name, position_mm }): Fixture => ({ kind: "scanner", name, position_mm }));
  const scales: Fixture[] = line.scale ? [{ kind: "scale", ...line.scale }] : [];
  const tunnels: Fixture[] = line.ct ? [{ kind: "ct", ...line.ct }] : [];
  const cameras = (line.cameras ?? []).map(({ name, position_mm }): Fixture => ({ kind: "camera", name, position_mm }));
  return [
    ...eyes,
    ...scanners,
    ...scales,
    ...tunnels,
    ...cameras,
    { kind: "cutoff", position_mm: belt.release_cutoff_mm },
  ];
}

/** Where a fixture's name wishes to stand: the middle of what is long, the place of anything else. */
export const anchorOf = (fixture: Fixture): number =>
  fixture.kind === "scale" || fixture.kind === "ct" ? fixture.position_mm + fixture.length_mm / 2 : fixture.position_mm;
