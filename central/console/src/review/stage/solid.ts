// The view in 3-D by NiiVue: the one module that imports it, itself loaded only when an image is opened.

import { Niivue, NVImage, SLICE_TYPE } from "@niivue/niivue";

import type { Box, Shape } from "../volume/planes.ts";

const RGBA32 = 2304; // NIfTI's code for four bytes a voxel
const AZIMUTH = 120;
const ELEVATION = 24;
const ENLARGED = 1.3;

/** A corner on the canvas, in CSS pixels from its upper left. */
export type Corner = readonly [number, number];

export interface Solid {
  /** Draws four bytes a voxel: red, green, blue, opacity. */
  show: (rgba: Uint8Array) => Promise<void>;
  /** Where a box's eight corners are now: bit 0 of the index is x1, bit 1 y1, bit 2 z1. */
  cornersOf: (box: Box) => Corner[];
  home: () => void;
  dispose: () => void;
}

/** Takes the canvas; `turned` is called whenever the view has changed. Throws where WebGL2 fails. */
export async function openSolid(canvas: HTMLCanvasElement, shape: Shape, turned: () => void): Promise<Solid> {
  const viewer = new Niivue({
    backColor: [0, 0, 0, 0],
    show3Dcrosshair: false,
    crosshairWidth: 0,
    isOrientCube: false,
    isOrientationTextVisible: false,
    isColorbar: false,
    dragAndDropEnabled: false,
    loadingText: "",
    logLevel: "silent",
  });
  await viewer.attachToCanvas(canvas, false);
  if (!viewer.gl) throw new Error("no WebGL2");
  viewer.setSliceType(SLICE_TYPE.RENDER);
  viewer.setRenderAzimuthElevation(AZIMUTH, ELEVATION);
  viewer.setScale(ENLARGED);
  viewer.onAzimuthElevationChange = turned;
  const resized = new ResizeObserver(turned);
  resized.observe(canvas);

  const show = async (rgba: Uint8Array): Promise<void> => {
    const known = viewer.volumes[0];
    if (known) {
      known.img = rgba;
      viewer.updateGLVolume();
    } else {
      const file = NVImage.createNiftiArray([...shape.size], [...shape.spacing_mm], affineOf(shape), RGBA32, rgba);
      viewer.addVolume(await NVImage.loadFromUrl({ url: file, name: "scan.nii" }));
    }
    turned();
  };

  const cornersOf = (box: Box): Corner[] => {
    const { renderAzimuth, renderElevation } = viewer.scene;
    const [matrix] = viewer.calculateMvpMatrix(null, [0, 0, 0, 0], renderAzimuth, renderElevation);
    if (!matrix) return [];
    const { clientWidth, clientHeight } = canvas;
    return Array.from({ length: 8 }, (_, corner) => {
      const x = box[corner & 1 ? 3 : 0];
      const y = box[corner & 2 ? 4 : 1];
      const z = box[corner & 4 ? 5 : 2];
      const place = [x, z, -y, 1] as const; // as the affine puts voxels into the world
      const along = (row: number): number =>
        place.reduce((sum, value, column) => sum + value * (matrix[column * 4 + row] ?? 0), 0);
      const depth = along(3) || 1;
      return [((along(0) / depth + 1) / 2) * clientWidth, ((1 - along(1) / depth) / 2) * clientHeight] as const;
    });
  };

  return {
    show,
    cornersOf,
    home: () => {
      viewer.setRenderAzimuthElevation(AZIMUTH, ELEVATION);
      turned();
    },
    dispose: () => {
      resized.disconnect();
      viewer.onAzimuthElevationChange = () => undefined;
      viewer.cleanup();
      viewer.gl.getExtension("WEBGL_lose_context")?.loseContext(); // browsers allow few contexts at a time
    },
  };
}

/** Row by row: x stays, the belt's z becomes the world's y, and y, which runs down, its z turned over. */
const affineOf = ({ spacing_mm: [x, y, z] }: Shape): number[] =>
  [
    [x, 0, 0, x / 2],
    [0, 0, z, z / 2],
    [0, -y, 0, -y / 2],
    [0, 0, 0, 1],
  ].flat();
