// A volume in the browser: read, cut into planes, coloured, and looked at enough.

import { describe, expect, it } from "vitest";

import { drawSlice, drawSolid, tableOf, type Look, type Volume } from "../src/review/volume/colour.ts";
import { contentOf } from "../src/review/volume/content.ts";
import { attenuationOf, classesOf, unpacked } from "../src/review/volume/nifti.ts";
import {
  boxWithin,
  centreOf,
  croppedShape,
  cuts,
  extentOf,
  moved,
  pointed,
  rectangleOf,
  shapeOf,
  slicesThrough,
  wholeOf,
  type Box,
} from "../src/review/volume/planes.ts";
import { lookOf, NOTHING_SHOWN, withShown } from "../src/review/volume/seen.ts";
import { within } from "../src/review/stage/use-view.ts";

const SHAPE = shapeOf([30, 20, 10], [4, 3, 2]); // z, y, x: 30 slices of 20 rows and 10 columns
const BOX: Box = [4, 30, 40, 10, 45, 72]; // an asymmetric box

function file(datatype: number, size: readonly [number, number, number], body: ArrayBuffer): ArrayBuffer {
  const bytes = new Uint8Array(352 + body.byteLength);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  for (const [index, n] of [3, ...size].entries()) view.setInt16(40 + 2 * index, n, true);
  view.setInt16(70, datatype, true);
  for (const [index, mm] of [2, 3, 4].entries()) view.setFloat32(80 + 4 * index, mm, true);
  view.setFloat32(108, 352, true);
  bytes.set(new Uint8Array(body), 352);
  return bytes.buffer;
}

describe("a file", () => {
  const values = Int16Array.from({ length: 24 }, (_, index) => index * 10 - 40);

  it("gives voxels, size and spacing in the order x, y, z", () => {
    const grid = attenuationOf(file(4, [2, 3, 4], values.buffer));
    expect([grid.size, grid.spacing_mm, [...grid.data]]).toEqual([[2, 3, 4], [2, 3, 4], [...values]]);
  });

  it("is unpacked where it is packed, and taken as it is where it is not", async () => {
    const plain = file(4, [2, 3, 4], values.buffer);
    const packed = new Response(new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip"))).blob();
    expect(await unpacked(await packed)).toEqual(plain);
    expect(await unpacked(new Blob([plain]))).toEqual(plain);
  });

  it("that is none is refused, and why is said", () => {
    expect(() => attenuationOf(new ArrayBuffer(10))).toThrow("shorter than its header");
    expect(() => attenuationOf(new ArrayBuffer(400))).toThrow("sizeof_hdr");
    expect(() => attenuationOf(file(2, [2, 3, 4], values.buffer))).toThrow("datatype: expected 4, found 2");
    expect(() => classesOf(file(2, [2, 3, 40], values.buffer))).toThrow("fewer voxels");
    expect(() => classesOf(file(2, [2, 0, 4], values.buffer))).toThrow("more than 0");
  });
});

describe("planes", () => {
  it("show a box where it is, each by its own axes", () => {
    expect(rectangleOf(BOX, "axial")).toEqual({ left: 4, top: 30, width: 6, height: 15 });
    expect(rectangleOf(BOX, "coronal")).toEqual({ left: 40, top: 4, width: 32, height: 6 });
    expect(rectangleOf(BOX, "sagittal")).toEqual({ left: 40, top: 30, width: 32, height: 15 });
  });

  it("know which slices cut a box", () => {
    expect(slicesThrough(SHAPE, BOX, "axial")).toEqual({ first: 10, last: 17 });
    expect(slicesThrough(SHAPE, BOX, "coronal")).toEqual({ first: 10, last: 14 });
    expect(slicesThrough(SHAPE, BOX, "sagittal")).toEqual({ first: 2, last: 4 });
    expect(cuts(SHAPE, BOX, "axial", [0, 0, 17])).toBe(true);
    expect(cuts(SHAPE, BOX, "axial", [0, 0, 18])).toBe(false);
  });

  it("are centred on a box, and the cursor stays inside", () => {
    expect(centreOf(SHAPE, BOX)).toEqual([3, 12, 14]);
    expect(centreOf(SHAPE, [0, 0, 0, 999, 999, 999])).toEqual([9, 19, 29]);
    expect(moved(SHAPE, [1, 2, 3], 2, 99)).toEqual([1, 2, 29]);
    expect(pointed(SHAPE, [1, 2, 3], "coronal", 41, 7)).toEqual([3, 2, 10]);
    expect(pointed(SHAPE, [1, 2, 3], "axial", -5, 1000)).toEqual([0, 19, 3]);
  });

  it("have extents in square millimetres, cropped or whole", () => {
    expect(extentOf(SHAPE, wholeOf(SHAPE), "sagittal")).toEqual({ left: 0, top: 0, width: 120, height: 60 });
    expect(extentOf(SHAPE, { from: [2, 3, 4], to: [5, 9, 20] }, "coronal")).toEqual({
      left: 16,
      top: 4,
      width: 68,
      height: 8,
    });
  });
});

/** 4 × 3 × 2 voxels, each a value of its own; two are metal. */
function smallVolume(): Volume {
  const size = [4, 3, 2] as const;
  const data = Int16Array.from({ length: 24 }, (_, index) => index * 25);
  const classes = new Uint8Array(24).fill(1);
  classes[5] = 3;
  classes[17] = 3;
  const shape = { size, spacing_mm: [1, 1, 1] as const };
  return { attenuation: { data, ...shape }, classes: { data: classes, ...shape } };
}

const PLAIN: Look = { window: { low: 0, high: 575 }, colour: "grey", strip: [], inverse: false };
const red = (pixel: number | undefined): number => (pixel ?? 0) & 0xff;

const drawn = (plane: "axial" | "coronal" | "sagittal", index: number, look: Partial<Look> = {}): number[] => {
  const n = { axial: 12, coronal: 8, sagittal: 6 }[plane];
  const pixels = new Uint32Array(n);
  drawSlice(smallVolume(), plane, index, { ...PLAIN, ...look }, pixels);
  return [...pixels];
};

const order = (pixels: number[]): number[] => pixels.map(red).toSorted((a, b) => a - b);

describe("a slice", () => {
  it("runs through the right voxels: brighter along each of its axes", () => {
    const axial = drawn("axial", 0);
    expect(axial.map(red)).toEqual(order(axial));
    const coronal = drawn("coronal", 1).map(red); // rows x, columns z
    expect(coronal[1]).toBeGreaterThan(coronal[0] ?? 0);
    expect(coronal[2]).toBeGreaterThan(coronal[0] ?? 0);
    expect(coronal[2]).toBeLessThan(coronal[1] ?? 0);
    const sagittal = drawn("sagittal", 3).map(red); // rows y, columns z
    expect(sagittal[1]).toBeGreaterThan(sagittal[2] ?? 0);
    expect(sagittal[2]).toBeGreaterThan(sagittal[0] ?? 0);
  });

  it("loses exactly what is stripped", () => {
    const plain = drawn("axial", 0);
    const stripped = drawn("axial", 0, { strip: ["metal"] });
    expect(plain.flatMap((pixel, index) => (pixel === stripped[index] ? [] : [index]))).toEqual([5]);
    expect(stripped[5]).toBe(stripped[0]); // as air
  });

  it("is dark on light when inverted, air white", () => {
    const inverted = drawn("axial", 0, { inverse: true });
    expect(red(inverted[0])).toBe(255);
    expect(red(inverted[11])).toBeLessThan(red(inverted[1]));
  });

  it("colours organic orange, mixed green, metal blue, at any brightness", () => {
    const table = tableOf({ ...PLAIN, colour: "zeff" });
    const strongest = (kind: number, step: number): number => {
      const pixel = table[kind * 256 + step] ?? 0;
      const parts = [pixel & 0xff, (pixel >> 8) & 0xff, (pixel >> 16) & 0xff];
      return parts.indexOf(Math.max(...parts));
    };
    for (const step of [20, 120, 250]) expect([1, 2, 3].map((kind) => strongest(kind, step))).toEqual([0, 1, 2]);
  });

  it("is clipped by its window, which cannot be turned over", () => {
    const narrow = drawn("axial", 0, { window: { low: 100, high: 150 } });
    expect(narrow.slice(0, 5).every((pixel) => pixel === narrow[0])).toBe(true);
    expect(narrow.slice(7).every((pixel) => pixel === narrow[11])).toBe(true);
    expect(within({ low: 300, high: 100 })).toEqual({ low: 300, high: 320 });
    expect(within({ low: -50, high: 9000 })).toEqual({ low: 0, high: 4000 });
  });
});

const opacity = (strip: Look["strip"]): number[] =>
  [...drawSolid(smallVolume(), { colour: "zeff", strip }, { from: [0, 0, 0], to: [3, 2, 1] })].filter(
    (_, index) => index % 4 === 3,
  );

describe("the view in 3-D", () => {
  it("leaves air and what is stripped transparent, and metal the most opaque", () => {
    expect(opacity([])[0]).toBe(0);
    expect(Math.max(...opacity([]))).toBe(opacity([])[5]);
    expect(opacity(["organic"]).filter((value) => value > 0)).toHaveLength(2);
  });

  it("holds what the crop leaves, and boxes lie in it where they lie in the whole", () => {
    const crop = { from: [1, 1, 0], to: [3, 2, 1] } as const;
    const solid = new Uint32Array(drawSolid(smallVolume(), { colour: "zeff", strip: ["organic"] }, crop).buffer);
    expect([...solid.keys()].filter((voxel) => (solid[voxel] ?? 0) > 0)).toEqual([0, 6]); // the metal at 1, 1
    const shape = { size: [4, 3, 2], spacing_mm: [2, 3, 4] } as const;
    expect(croppedShape(shape, crop).size).toEqual([3, 2, 2]);
    expect(boxWithin(shape, crop, [2, 3, 0, 4, 6, 8])).toEqual([0, 0, 0, 2, 3, 8]);
  });
});

describe("the content", () => {
  it("is the item with some air around it; noise does not count", () => {
    const size = [40, 30, 50] as const;
    const shape = { size, spacing_mm: [1, 1, 1] as const };
    const data = new Int16Array(40 * 30 * 50);
    const classes = new Uint8Array(data.length);
    const fill = (x: number, y: number, z: number): void => {
      const at = x + 40 * (y + 30 * z);
      data[at] = 200;
      classes[at] = 1;
    };
    for (let x = 10; x < 20; x += 1) for (let y = 12; y < 25; y += 1) for (let z = 20; z < 40; z += 1) fill(x, y, z);
    fill(38, 1, 1);
    expect(contentOf({ attenuation: { data, ...shape }, classes: { data: classes, ...shape } })).toEqual({
      from: [6, 8, 16],
      to: [23, 28, 43],
    });
  });

  it("of nothing is the whole", () => {
    const shape = { size: [2, 2, 2] as const, spacing_mm: [1, 1, 1] as const };
    const empty = { data: new Int16Array(8), ...shape };
    const found = contentOf({ attenuation: empty, classes: { data: new Uint8Array(8), ...shape } });
    expect(found).toEqual({ from: [0, 0, 0], to: [1, 1, 1] });
  });
});

const look = (axial: number[]) => {
  let shown = NOTHING_SHOWN;
  for (const index of axial) shown = withShown(shown, "axial", index);
  return lookOf(SHAPE, [BOX], { from: [0, 0, 0], to: [9, 19, 29] }, shown);
};

describe("a look", () => {
  it("is enough when the finding's slices and a share of all were seen, a slice seen with its neighbours", () => {
    const everyThird = Array.from({ length: 10 }, (_, index) => index * 3 + 1);
    expect(look(everyThird)).toEqual({ share: { axial: 1, coronal: 0, sagittal: 0 }, findings: [], enough: true });
  });

  it("is not enough without the finding, however much else was seen", () => {
    const elsewhere = [...Array.from({ length: 9 }, (_, index) => index), 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29];
    const seen = look(elsewhere);
    expect([seen.share.axial > 0.6, seen.findings, seen.enough]).toEqual([true, [1], false]);
  });

  it("is not enough with the finding alone", () => {
    const seen = look([11, 14, 17]);
    expect([seen.findings, seen.enough]).toEqual([[], false]);
  });
});
