// The queue of the review: rows stand still, the next case is the most urgent, and a release is offered only where it may be.

import { describe, expect, it } from "vitest";

import type { ReviewRow } from "../src/api/image-types.ts";
import { followed, nextOf, whyNoRelease, whyNoStop } from "../src/review/queue.ts";
import { runsOf } from "../src/review/stage/slice-strip.tsx";

const row = (passage_id: string, change: Partial<ReviewRow> = {}): ReviewRow => ({
  passage_id,
  line: "L1",
  inducted_at: "2026-11-23T05:00:00Z",
  decided_at: "2026-11-23T05:00:06Z",
  closed_at: null,
  last4: null,
  courier: null,
  role_decided: "inspect",
  lane_decided: 5,
  role_actual: null,
  lane_actual: null,
  reasons: ["image_alarm"],
  weight_g: 900,
  awaiting_answer: true,
  image_outcome: "alarm",
  remaining_mm: 5000,
  speed_mm_s: 1000,
  outcome: "alarm",
  exception: null,
  findings: [],
  scan_doubts: [],
  has_image: true,
  release_barred: "",
  claimed_by: null,
  claimed_by_me: false,
  claimed_until: null,
  ...change,
});
const ids = (shown: { row: ReviewRow; left: boolean }[]): string[] =>
  shown.map(({ row: { passage_id }, left }) => passage_id + (left ? "-" : ""));

describe("the queue", () => {
  const first = followed([], [row("a"), row("b"), row("c")], "");

  it("lets nobody change place, and puts what is new below", () => {
    expect(ids(followed(first, [row("d"), row("c"), row("b"), row("a")], ""))).toEqual(["a", "b", "c", "d"]);
  });

  it("keeps what has left under a pointer, and the case that is open", () => {
    const held = followed(first, [row("c")], null);
    expect(ids(held)).toEqual(["a-", "b-", "c"]);
    expect(ids(followed(held, [row("c")], "b"))).toEqual(["b-", "c"]);
  });

  it("offers the case with the least belt left that nobody holds", () => {
    const rows = [
      row("far", { remaining_mm: 8000 }),
      row("taken", { remaining_mm: 10, claimed_by: "李" }),
      row("barred", { remaining_mm: 20, awaiting_answer: false }),
      row("near", { remaining_mm: 900 }),
      row("gone", { remaining_mm: null, closed_at: "2026-11-23T05:00:20Z" }),
    ];
    const shown = followed([], rows, "");
    expect(nextOf(shown, null)).toBe("near");
    expect(nextOf(shown, "near")).toBe("far");
    const third = followed([], [row("third", { remaining_mm: 7500 }), ...rows], "");
    const taken = ["near", "third", "far"].map((current) => nextOf(third, current));
    expect(new Set(taken)).toEqual(new Set(["near", "third", "far"])); // round and round, none left out
    expect(nextOf(followed([], rows.slice(1, 3), ""), null)).toBe("barred");
    expect(nextOf(followed([], [row("taken", { claimed_by: "李" })], ""), null)).toBeNull();
  });
});

describe("a release", () => {
  const given = { row: row("a"), claimed: "mine", answered: false, opened: true, seen: true } as const;

  it("is offered when it was looked at and the case is ours", () => {
    expect([whyNoRelease(given), whyNoStop(given)]).toEqual([null, null]);
  });

  it("is not offered without a look at what raised the alarm", () => {
    expect(whyNoRelease({ ...given, seen: false })).toBe("unseen");
    expect(whyNoRelease({ ...given, opened: false, seen: false })).toBe("no_image");
    expect(whyNoRelease({ ...given, opened: false, seen: false, row: row("a", { outcome: "clear" }) })).toBeNull();
  });

  it("is never offered for what nobody may clear on the screen, whoever looked and however long", () => {
    for (const release_barred of ["prohibited", "exception"] as const) {
      const barred = { ...given, row: row("a", { release_barred }) };
      expect([whyNoRelease(barred), whyNoStop(barred)]).toEqual([release_barred, null]);
    }
  });

  it("is not offered while another holds the case, before it is ours, after an answer, or past the belt", () => {
    expect(whyNoRelease({ ...given, claimed: "other" })).toBe("claimed");
    expect(whyNoRelease({ ...given, claimed: "none" })).toBe("unclaimed");
    expect(whyNoRelease({ ...given, answered: true })).toBe("answered");
    expect(whyNoRelease({ ...given, row: row("a", { awaiting_answer: false }) })).toBe("not_awaited");
    const past = { ...given, row: row("a", { closed_at: "2026-11-23T05:00:20Z" }) };
    expect([whyNoRelease(past), whyNoStop(past)]).toEqual(["not_awaited", "not_awaited"]);
  });
});

describe("a strip", () => {
  it("joins neighbouring slices", () => {
    expect(runsOf(new Set([0, 1, 2, 5, 9, 8]), 10)).toEqual([
      { from: 0, to: 2 },
      { from: 5, to: 5 },
      { from: 8, to: 9 },
    ]);
  });
});
