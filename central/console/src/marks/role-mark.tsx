// The mark of a verdict: one shape for each role, so that its colour never speaks alone.

import type { Standing } from "./standing.ts";

/** Paths in a 16 × 16 box: a tick, a pause, a cross, a turn, an hourglass. */
export const ROLE_PATHS: Record<Standing, string> = {
  release: "M3 8.5 6.5 12 13 4.5",
  wait: "M5.5 3.500v9M10.5 3.500v9",
  inspect: "M4 4l8 8M12 4l-8 8",
  recirculate: "M12.8 6.500A5 5 0 1 0 13 9.500M13 3v3.700H9.3",
  image: "M4.5 3h7M4.5 13h7M5.500 3.500l5 9M10.500 3.500l-5 9",
  none: "M3.5 8h.1M8 8h.1M12.5 8h.1",
};

export function RoleMark({ role, size = 14 }: { role: Standing | null | undefined; size?: number }) {
  return (
    <svg className={`mark role-${role ?? "none"}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={ROLE_PATHS[role ?? "none"]}
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
