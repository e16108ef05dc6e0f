// A passage's volume in this browser: both files, read once, let go soon after the case is left.

import { useQuery } from "@tanstack/react-query";

import { file } from "../api/client.ts";
import { keys, passagePath } from "../api/queries.ts";
import type { Volume } from "./volume/colour.ts";
import { attenuationOf, classesOf, unpacked } from "./volume/nifti.ts";

const KEPT_MS = 60_000;

export const useVolume = (id: string, enabled: boolean) =>
  useQuery({
    queryKey: keys.volume(id),
    queryFn: async (): Promise<Volume> => {
      const [high, zeff] = await Promise.all([load(id, "high.nii.gz"), load(id, "zeff.nii.gz")]);
      const volume = { attenuation: attenuationOf(high), classes: classesOf(zeff) };
      if (volume.attenuation.data.length !== volume.classes.data.length)
        throw new Error("high.nii.gz, zeff.nii.gz: expected the same number of voxels");
      return volume;
    },
    enabled,
    staleTime: Infinity,
    gcTime: KEPT_MS,
    structuralSharing: false,
  });

async function load(id: string, name: string): Promise<ArrayBuffer> {
  return unpacked(await file(`${passagePath(id)}/image/${name}`));
}

let webGl2: boolean | null = null;

/** Whether this browser draws with WebGL2; asked once, since each question makes a context. */
export function hasWebGl2(): boolean {
  if (webGl2 === null) {
    const context = document.createElement("canvas").getContext("webgl2");
    webGl2 = context !== null;
    context?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return webGl2;
}
