// Where in a volume anything is: the image is drawn around it, and an item's slices are those that count. Pure.

import type { Volume } from "./colour.ts";
import type { Axis, Crop, Triple } from "./planes.ts";

/** Fainter than paper or foam: air and its noise. */
const SOMETHING = 40;

/** Fewer voxels than this in a slice are noise. */
const LEAST = 6;

/** Air kept around the item, so that its edge is seen to be its edge. */
const MARGIN = 4;

/** The part of a volume that holds the item, with a margin; the whole where nothing is found. */
export function contentOf({ attenuation: { data, size }, classes }: Volume): Crop {
  const [nx, ny, nz] = size;
  const counts = [new Uint32Array(nx), new Uint32Array(ny), new Uint32Array(nz)] as const;
  let voxel = 0;
  for (let z = 0; z < nz; z += 1)
    for (let y = 0; y < ny; y += 1)
      for (let x = 0; x < nx; x += 1, voxel += 1) {
        if ((data[voxel] ?? 0) < SOMETHING || classes.data[voxel] === 0) continue;
        count(counts[0], x);
        count(counts[1], y);
        count(counts[2], z);
      }
  const ends = (axis: Axis): [number, number] => {
    const first = counts[axis].findIndex((voxels) => voxels >= LEAST);
    const last = counts[axis].findLastIndex((voxels) => voxels >= LEAST);
    return first < 0 ? [0, size[axis] - 1] : [Math.max(0, first - MARGIN), Math.min(size[axis] - 1, last + MARGIN)];
  };
  const [x, y, z] = [ends(0), ends(1), ends(2)];
  const from: Triple = [x[0], y[0], z[0]];
  return { from, to: [x[1], y[1], z[1]] };
}

function count(slices: Uint32Array, at: number): void {
  slices[at] = (slices[at] ?? 0) + 1;
}
