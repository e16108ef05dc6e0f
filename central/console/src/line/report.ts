// A line's latest report, followed from the one before: what it says, without flicker. Pure.

import type { DeviceTile, LineState } from "../api/types.ts";

export interface LineReport {
  state: LineState;
  received_ms: number; // the browser's monotonic time
}

/** A device's "since" is an age turned into a time at each report and wavers by milliseconds. */
const WAVERING_MS = 2_000;

/** Takes in a state. A line that went away leaves its last picture, standing still. */
export function followed(before: LineReport | undefined, state: LineState, received_ms: number): LineReport {
  if (!state.online) return { state: { ...before?.state, ...state, speed_mm_s: 0 }, received_ms };
  const devices = state.devices?.map((tile) => steady(before?.state.devices, tile));
  return { state: devices ? { ...state, devices } : state, received_ms };
}

function steady(before: readonly DeviceTile[] | undefined, tile: DeviceTile): DeviceTile {
  const old = before?.find((one) => one.device === tile.device);
  if (!old || old.state !== tile.state) return tile;
  return Math.abs(Date.parse(old.since) - Date.parse(tile.since)) < WAVERING_MS ? { ...tile, since: old.since } : tile;
}
