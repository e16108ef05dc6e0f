// Where each parcel is between two reports of the line: its last known place carried on by the belt's speed. Pure.

import type { ItemOnBelt, LineState } from "../api/types.ts";

/** After this long without a report the drawing stands still: a guess may not pass for a fact. */
export const CARRY_ON_MS = 2_500;

/** A report that contradicts the drawing is blended in over this time, so that nothing jumps. */
const BLEND_MS = 400;

/** A contradiction larger than this is shown at once: gliding over metres of belt would be a lie. */
const JUMP_MM = 1_500;

interface Track {
  item: ItemOnBelt;
  error_mm: number; // drawn minus reported, when the report came
}

/** The last report and what the drawing showed then; times are the browser's monotonic milliseconds. */
export interface Motion {
  reported_ms: number;
  speed_mm_s: number;
  tracks: ReadonlyMap<string, Track>;
}

export const NO_MOTION: Motion = { reported_ms: 0, speed_mm_s: 0, tracks: new Map() };

/** Take in a report that came at `now_ms`. */
export function report(before: Motion, state: LineState, now_ms: number): Motion {
  const tracks = new Map<string, Track>();
  for (const item of state.items ?? []) {
    const drawn_mm = positionOf(before, item.passage_id, now_ms);
    const error_mm = drawn_mm === null ? 0 : drawn_mm - item.position_mm;
    tracks.set(item.passage_id, { item, error_mm: Math.abs(error_mm) > JUMP_MM ? 0 : error_mm });
  }
  return { reported_ms: now_ms, speed_mm_s: state.online ? (state.speed_mm_s ?? 0) : 0, tracks };
}

/** Position of an item's front at `now_ms`, in millimetres from the induction eye; null if it is not on the belt. */
export function positionOf(motion: Motion, passage_id: string, now_ms: number): number | null {
  const track = motion.tracks.get(passage_id);
  if (!track) return null;
  const age_ms = Math.max(0, Math.min(CARRY_ON_MS, now_ms - motion.reported_ms));
  const left = Math.max(0, 1 - age_ms / BLEND_MS);
  return track.item.position_mm + (motion.speed_mm_s * age_ms) / 1000 + track.error_mm * left;
}

/** Distance left for an answer at `now_ms`; null if none is asked. */
export function deadlineOf(motion: Motion, passage_id: string, now_ms: number): number | null {
  const track = motion.tracks.get(passage_id);
  if (track?.item.deadline_mm == null) return null;
  const age_ms = Math.max(0, Math.min(CARRY_ON_MS, now_ms - motion.reported_ms));
  return Math.max(0, track.item.deadline_mm - (motion.speed_mm_s * age_ms) / 1000);
}

export const isStale = (motion: Motion, now_ms: number): boolean =>
  motion.reported_ms > 0 && now_ms - motion.reported_ms > CARRY_ON_MS;
