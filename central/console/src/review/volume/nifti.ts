// A NIfTI-1 file as the centre writes it, into plain arrays: x fastest, then y (from the top), then z (along the belt).

/** Voxels of one file; `size` and `spacing_mm` in the order x, y, z. */
export interface Grid<T extends Int16Array | Uint8Array> {
  data: T;
  size: readonly [number, number, number];
  spacing_mm: readonly [number, number, number];
}

const HEADER = 352;
const UINT8 = 2;
const INT16 = 4;

/** The file's bytes, unpacked where they still are packed. */
export async function unpacked(file: Blob): Promise<ArrayBuffer> {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (start[0] !== 0x1f || start[1] !== 0x8b) return file.arrayBuffer();
  return new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Attenuation of water is about 200 here: 1/cm × 1000. */
export const attenuationOf = (file: ArrayBuffer): Grid<Int16Array> => {
  const { at, count, ...shape } = header(file, INT16);
  return { data: new Int16Array(file.slice(at, at + 2 * count)), ...shape };
};

/** Class of each voxel: 0 air, 1 organic, 2 mixed, 3 metal. */
export const classesOf = (file: ArrayBuffer): Grid<Uint8Array> => {
  const { at, count, ...shape } = header(file, UINT8);
  return { data: new Uint8Array(file.slice(at, at + count)), ...shape };
};

function header(file: ArrayBuffer, kind: number) {
  if (file.byteLength < HEADER) throw new Error("nifti: shorter than its header");
  const view = new DataView(file);
  if (view.getInt32(0, true) !== 348) throw new Error("nifti: sizeof_hdr: expected 348, little endian");
  const dimension = (axis: number): number => view.getInt16(42 + 2 * axis, true);
  const spacing = (axis: number): number => Math.abs(view.getFloat32(80 + 4 * axis, true));
  const size = [dimension(0), dimension(1), dimension(2)] as const;
  const spacing_mm = [spacing(0), spacing(1), spacing(2)] as const;
  const found = view.getInt16(70, true);
  if (found !== kind) throw new Error(`nifti: datatype: expected ${kind}, found ${found}`);
  if (size.some((n) => n < 1) || spacing_mm.some((mm) => !(mm > 0)))
    throw new Error("nifti: dim, pixdim: expected more than 0");
  const at = Math.max(HEADER, view.getFloat32(108, true));
  const count = size[0] * size[1] * size[2];
  if (file.byteLength < at + count * (kind === INT16 ? 2 : 1))
    throw new Error("nifti: fewer voxels than the header says");
  return { at, count, size, spacing_mm };
}
