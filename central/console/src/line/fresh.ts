// Which rows a reader sees while newer ones arrive: the list stands still until the reader is at its top. Pure.

export interface Row {
  passage_id: string;
}

/** `top` is the newest row shown; null: all are shown. */
export interface Shown<T> {
  rows: T[];
  fresh: number; // rows that wait above
}

/** All rows from `top` down; rows above it wait. A `top` that is no longer there holds nothing back. */
export function shownFrom<T extends Row>(live: readonly T[], top: string | null): Shown<T> {
  const fresh =
    top === null
      ? 0
      : Math.max(
          0,
          live.findIndex((row) => row.passage_id === top),
        );
  return { rows: live.slice(fresh), fresh };
}

/** Puts rows into a newest-first list: known ones are replaced where they stand, others sorted in; at most `limit`. */
export function merge<T extends Row & { inducted_at: string }>(
  list: readonly T[],
  incoming: readonly T[],
  limit: number,
): T[] {
  const byId = new Map(list.map((row) => [row.passage_id, row]));
  for (const row of incoming) byId.set(row.passage_id, row);
  return [...byId.values()].toSorted(newestFirst).slice(0, limit);
}

const newestFirst = (
  a: { inducted_at: string; passage_id: string },
  b: { inducted_at: string; passage_id: string },
): number => Date.parse(b.inducted_at) - Date.parse(a.inducted_at) || b.passage_id.localeCompare(a.passage_id);
