// How a verdict stands: its role, or that an image may still change it while the parcel is before the cut-off.

import { useLive } from "../api/live.ts";
import { useLine } from "../api/site.tsx";
import type { LaneRole, PassageRow, Reason } from "../api/types.ts";

/** `image`: inspected if no image comes in time; nothing else is against a release. */
export type Standing = LaneRole | "image" | "none";

/** How a verdict stands for a parcel whose front is at `place_mm`; null: it is not on the belt. */
export function standingOf(
  role: LaneRole | null | undefined,
  reasons: readonly Reason[],
  place_mm: number | null,
  cutoff_mm: number,
): Standing {
  const awaited = reasons.length === 1 && reasons[0] === "image_pending";
  return role === "inspect" && awaited && place_mm !== null && place_mm < cutoff_mm ? "image" : (role ?? "none");
}

/** How a row's verdict stands now, by where the line says its parcel is. */
export function useStanding(row: PassageRow): Standing {
  const line = useLine(row.line);
  const asked = row.closed_at === null && row.reasons[0] === "image_pending";
  const place_mm = useLive((live) =>
    asked
      ? (live.lines[row.line]?.state.items?.find((item) => item.passage_id === row.passage_id)?.position_mm ?? null)
      : null,
  );
  return standingOf(row.role_decided, row.reasons, place_mm, line?.belt.release_cutoff_mm ?? 0);
}
