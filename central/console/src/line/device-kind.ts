// What kind of device a tile stands for, told from the site, and the one number of it that matters. Pure.

import type { DeviceTile, SiteLine } from "../api/types.ts";

export type DeviceKind = "conveyor" | "scanner" | "scale" | "ct" | "camera" | "review";

/** null: a device of which the site says nothing. */
export function kindOf(device: string, line: SiteLine): DeviceKind | null {
  if (device === "conveyor" || device === "review") return device;
  if (line.scanners.some(({ name }) => name === device)) return "scanner";
  if (line.cameras?.some(({ name }) => name === device)) return "camera";
  if (line.scale?.name === device) return "scale";
  return line.ct?.name === device ? "ct" : null;
}

/** Frames a second, which a camera's detail begins with: "12 frames/s, 1280×720". */
export const framesOf = ({ detail }: DeviceTile): string | null => /^(\d+) frames\/s/.exec(detail)?.[1] ?? null;
