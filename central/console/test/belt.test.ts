// The belt's drawing: to scale, labels apart, parcels carried on between reports and never further than is known.

import { describe, expect, it } from "vitest";

import type { LineState, SiteLine } from "../src/api/types.ts";
import {
  BELT_BOTTOM,
  PARCEL_TOP,
  anchorOf,
  fixturesOf,
  placeLanes,
  poseOf,
  scaleOf,
  spread,
  xOf,
} from "../src/line/geometry.ts";
import { CARRY_ON_MS, deadlineOf, isStale, NO_MOTION, positionOf, report } from "../src/line/motion.ts";
import { followed } from "../src/line/report.ts";

const LINE: SiteLine = {
  id: "L1",
  name: "一号分拣线",
  belt: {
    speed_mm_s: 2000,
    eyes_mm: [0, 1500, 4200],
    decide_eye: 2,
    release_cutoff_mm: 9000,
    inspect_cutoff_mm: 9600,
    end_mm: 16000,
  },
  lanes: [
    { number: 1, name: "R1", role: "release", diverter_mm: 11000, capacity: 0 },
    { number: 2, name: "R2", role: "release", diverter_mm: 11100, capacity: 0 },
    { number: 3, name: "W", role: "wait", diverter_mm: 13000, capacity: 0 },
    { number: 5, name: "I", role: "inspect", diverter_mm: 15900, capacity: 0 },
  ],
  scanners: [{ name: "top", position_mm: 700 }],
  scale: { name: "scale", position_mm: 1600, length_mm: 1000 },
  weight_tolerance_g: 50,
  weight_tolerance_share: 0.1,
};

const WIDTHS = [980, 1330, 1880];

function state(items: LineState["items"], more: Partial<LineState> = {}): LineState {
  return {
    session: "s",
    online: true,
    at: "2026-11-23T05:00:00Z",
    speed_mm_s: 2000,
    ...(items ? { items } : {}),
    ...more,
  };
}

describe("scale", () => {
  it.each(WIDTHS)("keeps the whole belt inside %d units, in proportion", (width) => {
    const scale = scaleOf(LINE.belt, width);
    expect(xOf(scale, 0)).toBeGreaterThan(scale.left);
    expect(xOf(scale, 16000)).toBeCloseTo(scale.right);
    expect(xOf(scale, 8000) - xOf(scale, 4000)).toBeCloseTo(xOf(scale, 4000) - xOf(scale, 0));
  });

  it("draws everything that stands along the belt", () => {
    expect(fixturesOf(LINE).map((fixture) => fixture.kind)).toEqual([
      "eye",
      "eye",
      "eye",
      "scanner",
      "scale",
      "cutoff",
    ]);
  });
});

describe("a line with CT and camera", () => {
  const line = {
    ...LINE,
    ct: { name: "ct", position_mm: 3500, length_mm: 1400 },
    cameras: [{ name: "belt", position_mm: 2900 }],
  };

  it("shows both, the tunnel named at its middle", () => {
    const found = fixturesOf(line).filter(({ kind }) => kind === "ct" || kind === "camera");
    expect(found.map((fixture) => [fixture.kind, anchorOf(fixture)])).toEqual([
      ["ct", 4200],
      ["camera", 2900],
    ]);
  });
});

describe("labels", () => {
  it.each(WIDTHS)("of lanes never overlap or leave the drawing at %d units", (width) => {
    const scale = scaleOf(LINE.belt, width);
    const placed = placeLanes(scale, LINE.lanes);
    expect(placed).toHaveLength(4);
    for (const [index, lane] of placed.entries()) {
      expect(lane.at - lane.width / 2).toBeGreaterThanOrEqual(scale.left - 1e-9);
      expect(lane.at + lane.width / 2).toBeLessThanOrEqual(scale.right + 1e-9);
      const next = placed[index + 1];
      if (next) expect(next.at - next.width / 2).toBeGreaterThanOrEqual(lane.at + lane.width / 2);
    }
  });

  it("stay where they wish while there is room", () => {
    const placed = spread(
      [
        { what: "a", x: 100, width: 20 },
        { what: "b", x: 200, width: 20 },
      ],
      5,
      0,
      400,
    );
    expect(placed.map(({ at }) => at)).toEqual([100, 200]);
  });

  it("that collide part evenly, in the order of their places", () => {
    const placed = spread(
      [
        { what: "b", x: 102, width: 20 },
        { what: "a", x: 100, width: 20 },
      ],
      4,
      0,
      400,
    );
    expect(placed.map(({ what, at }) => [what, at])).toEqual([
      ["a", 89],
      ["b", 113],
    ]);
  });

  it("push back from the edge", () => {
    const placed = spread(
      [
        { what: "a", x: 380, width: 40 },
        { what: "b", x: 395, width: 40 },
      ],
      0,
      0,
      400,
    );
    expect(placed.map(({ at }) => at)).toEqual([340, 380]);
  });
});

describe("a parcel", () => {
  const scale = scaleOf(LINE.belt, 1330);

  it("is as long as it is, its front where it is", () => {
    const pose = poseOf(scale, 5000, 400, null);
    expect(pose.x + pose.length).toBeCloseTo(xOf(scale, 5000));
    expect(pose.length).toBeCloseTo(400 * scale.unitsPerMm);
    expect(pose.y).toBe(PARCEL_TOP);
  });

  it("turns into its lane past the diverter, and only there", () => {
    expect(poseOf(scale, 11000, 400, 11000).opacity).toBe(1);
    const turning = poseOf(scale, 11500, 400, 11000);
    expect(turning.y).toBeGreaterThan(PARCEL_TOP);
    expect(turning.opacity).toBeLessThan(1);
    const gone = poseOf(scale, 14000, 400, 11000);
    expect([gone.opacity, gone.y > BELT_BOTTOM - 40]).toEqual([0, true]);
  });

  it("moves on between two reports", () => {
    const motion = report(NO_MOTION, state([{ passage_id: "p", position_mm: 1000 }]), 10_000);
    expect(positionOf(motion, "p", 10_250)).toBe(1500);
    expect(positionOf(motion, "unknown", 10_250)).toBeNull();
  });

  it("stands still when the line is silent, and says so", () => {
    const motion = report(NO_MOTION, state([{ passage_id: "p", position_mm: 0 }]), 1);
    expect(positionOf(motion, "p", 60_000)).toBe((2000 * CARRY_ON_MS) / 1000);
    expect([isStale(motion, CARRY_ON_MS + 1), isStale(motion, CARRY_ON_MS + 2), isStale(NO_MOTION, 60_000)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it("does not jump when a report contradicts the drawing a little, and is where the line says soon after", () => {
    const first = report(NO_MOTION, state([{ passage_id: "p", position_mm: 1000 }]), 1_000);
    const second = report(first, state([{ passage_id: "p", position_mm: 1400 }]), 1_250);
    expect(positionOf(second, "p", 1_250)).toBeCloseTo(1500);
    expect(positionOf(second, "p", 2_250)).toBeCloseTo(3400);
  });

  it("is at once where the line says when the drawing was far off", () => {
    const first = report(NO_MOTION, state([{ passage_id: "p", position_mm: 0 }]), 1_000);
    expect(positionOf(report(first, state([{ passage_id: "p", position_mm: 9000 }]), 1_100), "p", 1_100)).toBe(9000);
  });

  it("has its distance left shrink with the belt, and stay while the belt stands", () => {
    const item = { passage_id: "p", position_mm: 5000, deadline_mm: 4000 };
    expect(deadlineOf(report(NO_MOTION, state([item]), 1), "p", 501)).toBe(3000);
    expect(deadlineOf(report(NO_MOTION, state([item], { speed_mm_s: 0 }), 1), "p", 501)).toBe(4000);
    expect(deadlineOf(report(NO_MOTION, state([{ ...item, deadline_mm: 100 }]), 1), "p", 501)).toBe(0);
    expect(deadlineOf(report(NO_MOTION, state([{ passage_id: "p", position_mm: 1 }]), 1), "p", 1)).toBeNull();
  });
});

describe("a line's report", () => {
  const at = "2026-11-23T05:00:01Z";
  const tile = {
    device: "top",
    state: "online",
    since: "2026-11-23T04:00:00.900Z",
    detail: "",
    readings: 1,
    errors: 0,
  };

  it("keeps a device's since from wavering, and takes a real change", () => {
    const before = followed(undefined, state([], { devices: [tile] }), 0);
    const wavered = followed(before, state([], { devices: [{ ...tile, since: "2026-11-23T04:00:01.100Z" }] }), 1);
    expect(wavered.state.devices?.[0]?.since).toBe(tile.since);
    const changed = followed(before, state([], { devices: [{ ...tile, state: "offline", since: at }] }), 1);
    expect(changed.state.devices?.[0]?.since).toBe(at);
  });

  it("leaves the last picture, standing, when the line goes away, and the time it went", () => {
    const before = followed(undefined, state([{ passage_id: "p", position_mm: 5 }]), 0);
    const away = followed(before, { session: "s", online: false, at }, 9).state;
    expect([away.at, away.speed_mm_s, away.items?.length]).toEqual([at, 0, 1]);
  });
});
