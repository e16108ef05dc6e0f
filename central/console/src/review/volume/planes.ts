// The three planes of a volume and what lies where in each. Pure; axes: x across the belt, y down, z along it.

export type Plane = "axial" | "coronal" | "sagittal";
export type Axis = 0 | 1 | 2; // x, y, z
export type Triple = readonly [number, number, number]; // x, y, z
export type Box = readonly [number, number, number, number, number, number]; // x0, y0, z0, x1, y1, z1 in mm

export const PLANES: readonly Plane[] = ["axial", "coronal", "sagittal"];

/** The axes of a plane's picture: `across` its columns, `down` its rows, `through` its slices. */
export interface Axes {
  across: Axis;
  down: Axis;
  through: Axis;
}

/** Axial: a cut across the belt. Coronal: from above. Sagittal: from the side. The item's front is at the left. */
export const AXES: Record<Plane, Axes> = {
  axial: { across: 0, down: 1, through: 2 },
  coronal: { across: 2, down: 0, through: 1 },
  sagittal: { across: 2, down: 1, through: 0 },
};

/** A volume's shape, which planes and boxes are drawn by. */
export interface Shape {
  size: Triple; // voxels
  spacing_mm: Triple;
}

/** The service names shape and spacing in the order z, y, x. */
export const shapeOf = (zyx: readonly number[], spacing_zyx: readonly number[]): Shape => ({
  size: [zyx[2] ?? 1, zyx[1] ?? 1, zyx[0] ?? 1],
  spacing_mm: [spacing_zyx[2] ?? 1, spacing_zyx[1] ?? 1, spacing_zyx[0] ?? 1],
});

/** The part of a volume that is drawn, in voxels: `from` the first, `to` the last. */
export interface Crop {
  from: Triple;
  to: Triple;
}

export const wholeOf = ({ size }: Shape): Crop => ({ from: [0, 0, 0], to: [size[0] - 1, size[1] - 1, size[2] - 1] });

/** The shape of what a crop leaves. */
export const croppedShape = ({ spacing_mm }: Shape, { from, to }: Crop): Shape => ({
  size: [to[0] - from[0] + 1, to[1] - from[1] + 1, to[2] - from[2] + 1],
  spacing_mm,
});

/** A box as it lies in what a crop leaves. */
export const boxWithin = ({ spacing_mm }: Shape, { from }: Crop, box: Box): Box => {
  const [x, y, z] = [from[0] * spacing_mm[0], from[1] * spacing_mm[1], from[2] * spacing_mm[2]];
  return [box[0] - x, box[1] - y, box[2] - z, box[3] - x, box[4] - y, box[5] - z];
};

export const middleOf = ({ size }: Shape): Triple => [size[0] >> 1, size[1] >> 1, size[2] >> 1];

export const slicesOf = ({ size }: Shape, plane: Plane): number => size[AXES[plane].through];

/** The drawn part of a plane's picture, in mm of the whole picture. */
export function extentOf({ spacing_mm }: Shape, { from, to }: Crop, plane: Plane): Rectangle {
  const { across, down } = AXES[plane];
  const length = (axis: Axis): number => (to[axis] - from[axis] + 1) * spacing_mm[axis];
  return {
    left: from[across] * spacing_mm[across],
    top: from[down] * spacing_mm[down],
    width: length(across),
    height: length(down),
  };
}

const limited = (value: number, n: number): number => Math.max(0, Math.min(n - 1, value));

/** The cursor with one coordinate changed, kept inside. */
export function moved({ size }: Shape, cursor: Triple, axis: Axis, index: number): Triple {
  const next: [number, number, number] = [...cursor];
  next[axis] = limited(Math.round(index), size[axis]);
  return next;
}

/** The cursor at a place of a plane's picture, in mm from its upper left corner. */
export function pointed(shape: Shape, cursor: Triple, plane: Plane, across_mm: number, down_mm: number): Triple {
  const { across, down } = AXES[plane];
  const first = moved(shape, cursor, across, Math.floor(across_mm / shape.spacing_mm[across]));
  return moved(shape, first, down, Math.floor(down_mm / shape.spacing_mm[down]));
}

/** Where the cursor's lines stand in a plane's picture, in mm. */
export function crossOf({ spacing_mm }: Shape, cursor: Triple, plane: Plane): { across: number; down: number } {
  const { across, down } = AXES[plane];
  return { across: (cursor[across] + 0.5) * spacing_mm[across], down: (cursor[down] + 0.5) * spacing_mm[down] };
}

/** The voxel in the middle of a box. */
export function centreOf(shape: Shape, box: Box): Triple {
  const at = (axis: Axis): number =>
    limited(Math.floor((box[axis] + (box[axis + 3] ?? 0)) / 2 / shape.spacing_mm[axis]), shape.size[axis]);
  return [at(0), at(1), at(2)];
}

export interface Rectangle {
  left: number; // all in mm of the plane's picture
  top: number;
  width: number;
  height: number;
}

/** A box as a plane's picture shows it. */
export function rectangleOf(box: Box, plane: Plane): Rectangle {
  const { across, down } = AXES[plane];
  const from = (axis: Axis): number => box[axis];
  const length = (axis: Axis): number => (box[axis + 3] ?? 0) - box[axis];
  return { left: from(across), top: from(down), width: length(across), height: length(down) };
}

/** The slices of a plane that cut a box: first and last. */
export function slicesThrough({ size, spacing_mm }: Shape, box: Box, plane: Plane): { first: number; last: number } {
  const { through } = AXES[plane];
  const spacing = spacing_mm[through];
  const first = limited(Math.floor(box[through] / spacing), size[through]);
  const last = limited(Math.ceil((box[through + 3] ?? 0) / spacing) - 1, size[through]);
  return { first, last: Math.max(first, last) };
}

/** Whether the slice at the cursor cuts the box: such a box is drawn in full, others as a hint. */
export function cuts(shape: Shape, box: Box, plane: Plane, cursor: Triple): boolean {
  const { first, last } = slicesThrough(shape, box, plane);
  const index = cursor[AXES[plane].through];
  return index >= first && index <= last;
}
