// The queue as a reader sees it: rows stand still, new ones come in below, those that left stay until one goes on. Pure.

import type { ReviewRow } from "../api/image-types.ts";

/** A row as it is shown; `left`: no longer in the service's list. */
export interface Shown {
  row: ReviewRow;
  left: boolean;
}

/** The list as shown before, brought up to date: nobody changes place. Unless `settled` is null, rows that have left
 * are dropped, but for the one of that id. */
export function followed(before: readonly Shown[], rows: readonly ReviewRow[], settled: string | null): Shown[] {
  const byId = new Map(rows.map((row) => [row.passage_id, row]));
  const known = new Set(before.map(({ row }) => row.passage_id));
  const kept = before.flatMap(({ row }) => {
    const now = byId.get(row.passage_id);
    if (now) return [{ row: now, left: false }];
    return settled === null || settled === row.passage_id ? [{ row, left: true }] : [];
  });
  const fresh = rows.filter((row) => !known.has(row.passage_id)).map((row) => ({ row, left: false }));
  return [...kept, ...fresh];
}

const answerable = ({ row, left }: Shown): boolean =>
  !left && row.closed_at === null && (row.claimed_by === null || row.claimed_by_me);

/** The case that `Space` takes: the one with the least belt left that nobody works on, and pressed again the one after
 * it, round and round; where nothing awaits an answer, those past the belt. */
export function nextOf(shown: readonly Shown[], current: string | null): string | null {
  const isOther = ({ row }: Shown): boolean => row.passage_id !== current;
  const urgent = shown
    .filter((one) => answerable(one) && one.row.awaiting_answer)
    .toSorted((a, b) => (a.row.remaining_mm ?? Infinity) - (b.row.remaining_mm ?? Infinity));
  const at = urgent.findIndex((one) => !isOther(one));
  const next = [...urgent.slice(at + 1), ...urgent.slice(0, Math.max(0, at))][0];
  return (next ?? shown.find((one) => isOther(one) && answerable(one)))?.row.passage_id ?? null;
}

/** Why a release is not offered; null: it may be tried. The line and the service rule all the same. */
export type NoRelease =
  | "prohibited"
  | "exception"
  | "not_awaited"
  | "claimed"
  | "unclaimed"
  | "unseen"
  | "answered"
  | "no_image";

interface Facts {
  row: Pick<ReviewRow, "release_barred" | "outcome" | "awaiting_answer" | "closed_at">;
  claimed: "mine" | "other" | "none";
  answered: boolean;
  opened: boolean; // the image is on screen
  seen: boolean; // enough of it was looked at
}

export function whyNoRelease({ row, claimed, answered, opened, seen }: Facts): NoRelease | null {
  if (answered) return "answered";
  if (row.release_barred === "prohibited" || row.release_barred === "exception") return row.release_barred;
  if (row.release_barred === "not_awaited" || !row.awaiting_answer || row.closed_at !== null) return "not_awaited";
  if (claimed === "other") return "claimed";
  if (claimed === "none") return "unclaimed";
  if (row.outcome === "alarm" && !opened) return "no_image";
  if (row.outcome === "alarm" && !seen) return "unseen";
  return null;
}

/** A stop is also taken for an item that is still on the belt and awaits nothing. */
export function whyNoStop({ row, claimed, answered }: Facts): NoRelease | null {
  if (answered) return "answered";
  if (row.closed_at !== null) return "not_awaited";
  if (claimed === "other") return "claimed";
  return claimed === "none" ? "unclaimed" : null;
}
