// A passage's timeline in words, from the details as the line writes them.

import { describe, expect, it } from "vitest";

import type { Moment, SiteLine } from "../src/api/types.ts";
import { en } from "../src/i18n/en.ts";
import { zh } from "../src/i18n/zh.ts";
import { detailOf } from "../src/passage/moments.ts";

const LINE = {
  id: "L1",
  lanes: [{ number: 5, name: "I", role: "inspect", diverter_mm: 1, capacity: 0 }],
} as unknown as SiteLine;

function said(what: string, detail = "", device = ""): [string, string] {
  const moment: Moment = { at: "2026-11-23T05:00:00Z", what, detail, device };
  return [detailOf(moment, zh, LINE), detailOf(moment, en, LINE)];
}

describe("a moment", () => {
  it("names eye, scanner, weight and lane", () => {
    expect(said("eye", "2")).toEqual(["光电2", "eye 2"]);
    expect(said("codes_read", "1", "top")).toEqual(["读码 top · 1 个条码", "Scanner top · 1 code"]);
    expect(said("weighed", "924 g", "scale")).toEqual(["0.924 kg", "0.924 kg"]);
    expect(said("lane_accepted", "5")).toEqual(["道口 I", "lane I"]);
    expect(said("diverted", "9")).toEqual(["道口 9", "lane 9"]);
  });

  it("spells a verdict out, and nothing of customs' reasons where they are withheld", () => {
    expect(said("decided", "inspect weight_mismatch,no_read")).toEqual([
      "查验 · 重量不符 · 未读到码",
      "Inspect · Weight differs · No read",
    ]);
    expect(said("decided", "inspection")).toEqual(["海关查验", "Inspection"]);
  });

  it("says what a review came to", () => {
    expect(said("reviewed", "alarm")).toEqual(["报警", "Alarm"]);
    expect(said("reviewed", "exception cut_off")).toEqual(["异常 · 未拍全", "Exception · Cut off"]);
    expect(said("reviewed", "shrug")).toEqual(["shrug", "shrug"]);
  });

  it("shows what it does not know as it came", () => {
    expect(said("weighed", "heavy")).toEqual(["heavy", "heavy"]);
    expect(said("rebooted", "twice", "top")).toEqual(["读码 top · twice", "Scanner top · twice"]);
    expect(said("decided", "hover because")).toEqual(["hover · because", "hover · because"]);
  });
});
