// Lists under a reader's eyes, and searches that can be linked.

import { describe, expect, it } from "vitest";

import { merge, shownFrom } from "../src/line/fresh.ts";
import { ANY, filtersOf, reasonsToChoose, requestOf, searchOf } from "../src/passages/filters.ts";

const row = (passage_id: string, second: number, note = "") => ({
  passage_id,
  note,
  inducted_at: new Date(second * 1000).toISOString(),
});

describe("rows", () => {
  it("stand still below the row that was on top, and count what waits", () => {
    const live = [row("d", 4), row("c", 3), row("b", 2)];
    expect(shownFrom(live, null)).toEqual({ rows: live, fresh: 0 });
    expect(shownFrom(live, "c")).toEqual({ rows: live.slice(1), fresh: 1 });
    expect(shownFrom(live, "gone")).toEqual({ rows: live, fresh: 0 });
  });

  it("are replaced where they stand, sorted in by induction, and cut", () => {
    const list = [row("c", 3), row("b", 2), row("a", 1)];
    expect(merge(list, [row("b", 2, "decided")], 9).map((one) => one.passage_id + one.note)).toEqual([
      "c",
      "bdecided",
      "a",
    ]);
    expect(merge(list, [row("d", 2.5)], 3).map((one) => one.passage_id)).toEqual(["c", "d", "b"]);
  });
});

describe("a search", () => {
  it("goes to the URL and back unchanged", () => {
    const filters = { line: "L1", role: "inspect", reason: "no_read", open: true } as const;
    expect(filtersOf(searchOf(filters))).toEqual(filters);
    expect(searchOf(ANY).toString()).toBe("");
  });

  it("leaves out what an old or mistyped link asks for", () => {
    expect(filtersOf(new URLSearchParams("role=fly&reason=because&open=maybe"))).toEqual(ANY);
  });

  it("carries a waybill number to the service, but not in the page's URL", () => {
    expect(requestOf({ ...ANY, role: "wait" }, " sf 123 ")).toEqual({
      line: "",
      role: "wait",
      reason: "",
      open: null,
      waybill: "SF123",
    });
    expect(searchOf({ ...ANY, role: "wait" }).has("waybill")).toBe(false);
  });

  it("offers customs' own reasons only to those who may see them", () => {
    expect(reasonsToChoose(true)).toContain("control_instruction");
    expect(reasonsToChoose(true)).not.toContain("inspection");
    expect(reasonsToChoose(false)).not.toContain("officer_review");
    expect(reasonsToChoose(false)).toContain("inspection");
  });
});
