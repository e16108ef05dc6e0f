// What a parcel's colour says while its image is on the way, and which device a tile stands for.

import { describe, expect, it } from "vitest";

import type { DeviceTile, SiteLine } from "../src/api/types.ts";
import { framesOf, kindOf } from "../src/line/device-kind.ts";
import { standingOf } from "../src/marks/standing.ts";

describe("a verdict's standing", () => {
  it("is the image's, while only the image is missing and may still come in time", () => {
    expect(standingOf("inspect", ["image_pending"], 9_000, 14_000)).toBe("image");
    expect(standingOf("inspect", ["image_pending"], 14_000, 14_000)).toBe("inspect");
    expect(standingOf("inspect", ["image_pending"], null, 14_000)).toBe("inspect");
  });

  it("is the verdict's own where anything else is against a release", () => {
    expect(standingOf("inspect", ["image_pending", "weight_mismatch"], 9_000, 14_000)).toBe("inspect");
    expect(standingOf("inspect", ["image_alarm"], 9_000, 14_000)).toBe("inspect");
    expect(standingOf("release", ["cleared"], 9_000, 14_000)).toBe("release");
    expect(standingOf(null, [], 1_000, 14_000)).toBe("none");
  });
});

describe("a device's tile", () => {
  const line = {
    scanners: [{ name: "top", position_mm: 700 }],
    scale: { name: "scale", position_mm: 1600, length_mm: 1000 },
    ct: { name: "tunnel", position_mm: 3500, length_mm: 1400 },
    cameras: [{ name: "belt", position_mm: 2900 }],
  } as unknown as SiteLine;

  it("knows its kind from the site", () => {
    const names = ["conveyor", "review", "top", "scale", "tunnel", "belt", "who"];
    const kinds = ["conveyor", "review", "scanner", "scale", "ct", "camera", null];
    expect(names.map((name) => kindOf(name, line))).toEqual(kinds);
  });

  it("tells a camera's frames where it says them", () => {
    const tile = { detail: "12 frames/s, 1280×720" } as DeviceTile;
    expect(framesOf(tile)).toBe("12");
    expect(framesOf({ ...tile, detail: "reconnecting" })).toBeNull();
  });
});
