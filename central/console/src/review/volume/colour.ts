// From attenuation and material to colour, as screens of X-ray machines show it; and the slices drawn by it. Pure.

import type { Grid } from "./nifti.ts";
import { AXES, type Crop, type Plane } from "./planes.ts";

export const MATERIALS = ["organic", "mixed", "metal"] as const;
export type Material = (typeof MATERIALS)[number];

/** What is shown as black and what as brightest, in 1/cm × 1000. */
export interface Window {
  low: number;
  high: number;
}

export interface Look {
  window: Window;
  colour: "zeff" | "grey";
  strip: readonly Material[]; // materials taken out of the picture
  inverse: boolean; // dark on light, as on machines at airports
}

/** Values beyond this are the detector's, not a parcel's. */
export const HIGHEST = 4000;

export const WINDOWS = [
  { name: "all", low: 0, high: 450 },
  { name: "soft", low: 60, high: 320 },
  { name: "dense", low: 250, high: 2500 },
] as const satisfies readonly (Window & { name: string })[];

const HUES: Record<Material, readonly [number, number, number]> = {
  organic: [255, 148, 38],
  mixed: [86, 196, 84],
  metal: [72, 140, 255],
};
const GREY = [255, 255, 255] as const;
const CLASSES = 4;
const STEPS = 256;

/** Cardboard and cloth lie low in any window: brightness rises faster there than in proportion. */
const GAMMA = 0.62;

/** Above this share of the window a colour turns to white, so that dense things keep their inner shape. */
const WHITENS = 0.72;
const WHITEST = 0.4;
const DARKEST = 0.55; // on a light ground the other way round

/** One RGB triple for each class and step of brightness, packed for a little-endian canvas with full opacity. */
export function tableOf({ colour, strip, inverse }: Look): Uint32Array {
  const table = new Uint32Array(CLASSES * STEPS);
  for (let kind = 0; kind < CLASSES; kind += 1) {
    const material = MATERIALS[kind - 1];
    const hue = material && colour === "zeff" ? HUES[material] : GREY;
    const gone = material !== undefined && strip.includes(material);
    for (let step = 0; step < STEPS; step += 1) {
      const share = gone ? 0 : step / (STEPS - 1);
      table[kind * STEPS + step] = inverse ? onLight(hue, share, colour) : onDark(hue, share);
    }
  }
  return table;
}

const packed = (red: number, green: number, blue: number): number =>
  ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;

function onDark(hue: readonly [number, number, number], share: number): number {
  const bright = Math.min(1, share / WHITENS) ** GAMMA;
  const white = Math.max(0, (share - WHITENS) / (1 - WHITENS)) * WHITEST;
  const [red, green, blue] = hue.map((part) => (part + (255 - part) * white) * bright);
  return packed(red ?? 0, green ?? 0, blue ?? 0);
}

function onLight(hue: readonly [number, number, number], share: number, colour: Look["colour"]): number {
  if (colour === "grey" || hue === GREY) {
    const light = 255 * (1 - share ** GAMMA);
    return packed(light, light, light);
  }
  const tint = Math.min(1, share / 0.5) ** GAMMA;
  const dark = Math.max(0, (share - 0.5) / 0.5) * DARKEST;
  const [red, green, blue] = hue.map((part) => (255 + (part * 0.86 - 255) * tint) * (1 - dark));
  return packed(red ?? 0, green ?? 0, blue ?? 0);
}

/** Both files of a volume, on one grid. */
export interface Volume {
  attenuation: Grid<Int16Array>;
  classes: Grid<Uint8Array>;
}

/** Draws one slice into `pixels`, one pixel per voxel, row by row from the top. */
export function drawSlice(volume: Volume, plane: Plane, index: number, look: Look, pixels: Uint32Array): void {
  const { data, size } = volume.attenuation;
  const classes = volume.classes.data;
  const table = tableOf(look);
  const strides = [1, size[0], size[0] * size[1]] as const;
  const { across, down, through } = AXES[plane];
  const { low, high } = look.window;
  const scale = (STEPS - 1) / Math.max(1, high - low);
  const [step, line] = [strides[across], strides[down]];
  let pixel = 0;
  for (let row = 0; row < size[down]; row += 1) {
    let voxel = index * strides[through] + row * line;
    for (let column = 0; column < size[across]; column += 1, voxel += step) {
      const shade = ((data[voxel] ?? 0) - low) * scale;
      const bright = shade <= 0 ? 0 : shade >= STEPS - 1 ? STEPS - 1 : shade | 0;
      pixels[pixel] = table[(classes[voxel] ?? 0) * STEPS + bright] ?? 0;
      pixel += 1;
    }
  }
}

/** Below this, air and foam: left out of the view in 3-D. */
const SOLID = 55;

/** Where attenuation changes by as much from one voxel to the next but one, a surface is seen at its fullest. */
const EDGE = 120;

/** Opacity of 255: of a thing's inside, added at its surface, and of metal, which hides what lies behind. */
const INSIDE = 8;
const SURFACE = 120;
const METAL = 210;

/** Light from above, the front and the left, in voxels' axes, on top of what comes from everywhere. */
const LIGHT = [0.46, -0.72, -0.52] as const;
const AMBIENT = 0.4;

/** Brightness of a lit surface, as a share of the colour table. */
const LIT = 1;

/** The cropped volume as red, green, blue, opacity for the view in 3-D: lit surfaces, so that shapes are recognised
 * and what lies inside shows through. */
export function drawSolid(
  { attenuation, classes }: Volume,
  look: Pick<Look, "colour" | "strip">,
  crop: Crop,
): Uint8Array {
  const table = tableOf({ ...look, window: { low: 0, high: 600 }, inverse: false });
  const { from, to } = crop;
  const { data, size } = attenuation;
  const [nx, ny] = size;
  const out = new Uint32Array((to[0] - from[0] + 1) * (to[1] - from[1] + 1) * (to[2] - from[2] + 1));
  let drawn = 0;
  for (let z = from[2]; z <= to[2]; z += 1)
    for (let y = from[1]; y <= to[1]; y += 1)
      for (let x = from[0]; x <= to[0]; x += 1, drawn += 1) {
        const voxel = x + nx * (y + ny * z);
        const value = data[voxel] ?? 0;
        const kind = classes.data[voxel] ?? 0;
        const material = MATERIALS[kind - 1];
        if (value < SOLID || material === undefined || look.strip.includes(material)) continue;
        const along = (step: number): number => (data[voxel + step] ?? 0) - (data[voxel - step] ?? 0);
        const [dx, dy, dz] = [along(1), along(nx), along(nx * ny)];
        const steep = Math.hypot(dx, dy, dz);
        const facing = steep > 0 ? Math.abs(dx * LIGHT[0] + dy * LIGHT[1] + dz * LIGHT[2]) / steep : 0;
        const light = LIT * (AMBIENT + (1 - AMBIENT) * facing);
        const colour = table[kind * STEPS + ((light * (STEPS - 1)) | 0)] ?? 0;
        const opacity = material === "metal" ? METAL : INSIDE + SURFACE * Math.min(1, steep / EDGE);
        out[drawn] = ((colour & 0xffffff) | (Math.round(opacity) << 24)) >>> 0;
      }
  return new Uint8Array(out.buffer);
}
