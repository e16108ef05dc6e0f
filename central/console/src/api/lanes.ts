// Lanes by the names the site file gives them.

import type { SiteLine } from "./types.ts";

/** What a lane of a line is called: "R1"; its number if the site file does not know it. */
export function laneName(line: SiteLine | undefined, number: number | null | undefined): string | undefined {
  if (number == null) return undefined;
  return line?.lanes.find((lane) => lane.number === number)?.name ?? String(number);
}
