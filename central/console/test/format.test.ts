// Times and quantities as people here read them, whatever zone the machine is in.

import { describe, expect, it } from "vitest";

import { count, kilograms, metres, money, percent, secondsLeft, tail, weightsAgree } from "../src/format/quantity.ts";
import { dateAndTime, secondsSince, timeOfDay, timeOrDate, timeWithMilliseconds } from "../src/format/time.ts";

describe("times", () => {
  it("are Shanghai's, with seconds", () => {
    expect(timeOfDay("2026-11-23T16:05:09Z")).toBe("00:05:09");
    expect(dateAndTime("2026-11-23T16:05:09.250Z")).toBe("2026-11-24 00:05:09");
    expect(timeWithMilliseconds("2026-11-23T05:05:09.007123Z")).toBe("13:05:09.007");
  });

  it("carry the date only when it is not today's", () => {
    const now = Date.parse("2026-11-23T16:30:00Z"); // the 24th here
    expect(timeOrDate("2026-11-23T16:05:09Z", now)).toBe("00:05:09");
    expect(timeOrDate("2026-11-23T15:05:09Z", now)).toBe("2026-11-23 23:05:09");
  });

  it("that are missing or not times are a dash", () => {
    for (const nothing of [null, undefined, "", "soon"]) expect(timeOfDay(nothing)).toBe("–");
    expect(secondsSince(null, 0)).toBeNull();
  });

  it("count no negative age when clocks differ", () => {
    expect(secondsSince("2026-11-23T16:00:10Z", Date.parse("2026-11-23T16:00:00Z"))).toBe(0);
  });
});

describe("quantities", () => {
  it("weigh in kg with three decimals", () => {
    expect([620, 8200, 0, null].map((g) => kilograms(g))).toEqual(["0.620", "8.200", "0.000", "–"]);
  });

  it("never promise more distance than is left", () => {
    expect([3299, 99, 0].map(metres)).toEqual(["3.2", "0.0", "0.0"]);
  });

  it("give money its currency and shares no false hundred", () => {
    expect(money(1168.5, "CNY")).toBe("CNY 1,168.50");
    expect(money("12.3", "USD")).toBe("USD 12.30");
    expect(money(null, "CNY")).toBe("–");
    expect(percent(0.9999)).toBe("99 %");
  });

  it("group thousands and shorten ids", () => {
    expect(count(16398)).toBe("16,398");
    expect(tail("L1-00000007-000008be")).toBe("08BE");
  });

  it("let the larger tolerance hold", () => {
    const line = { weight_tolerance_g: 50, weight_tolerance_share: 0.1 };
    expect(weightsAgree(450, 400, line)).toBe(true);
    expect(weightsAgree(451, 400, line)).toBe(false);
    expect(weightsAgree(2200, 2000, line)).toBe(true);
    expect(weightsAgree(2201, 2000, line)).toBe(false);
    expect(weightsAgree(2201, 2000, { ...line, weight_tolerance_share: 0.2 })).toBe(true);
    expect(weightsAgree(451, 400, { ...line, weight_tolerance_g: 60 })).toBe(true);
  });

  it("do not count down while the belt stands", () => {
    expect(secondsLeft(3200, 2000)).toBe(1.6);
    expect(secondsLeft(3200, 0)).toBeNull();
  });
});
