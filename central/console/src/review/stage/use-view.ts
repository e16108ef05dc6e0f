// How an image is looked at: which plane is large, where the cursor stands, window, colours, which box is chosen.

import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { HIGHEST, WINDOWS, type Look, type Material, type Window } from "../volume/colour.ts";
import {
  AXES,
  centreOf,
  middleOf,
  moved,
  pointed,
  type Crop,
  type Plane,
  type Shape,
  type Triple,
} from "../volume/planes.ts";
import type { Finding } from "../../api/image-types.ts";

export type Pane = Plane | "solid";

export interface ViewState {
  large: Pane;
  cursor: Triple;
  look: Look;
  boxes: boolean;
  cropped: boolean; // to where anything is
  chosen: number | null; // index of the finding all planes are centred on
  sweeping: boolean;
}

const PLAIN: Look = { window: WINDOWS[0], colour: "zeff", strip: [], inverse: false };
const LEAST_WINDOW = 20;

/** The plane that keys, wheel and sweep move through. */
export const activePlane = (state: ViewState): Plane => (state.large === "solid" ? "axial" : state.large);

/** Until the image is here there is nothing to look at, and one voxel will do. */
const NO_SHAPE: Shape = { size: [1, 1, 1], spacing_mm: [1, 1, 1] };

const opening = (shape: Shape, findings: readonly Finding[]): ViewState => ({
  large: "axial",
  cursor: findings[0] ? centreOf(shape, findings[0].box_mm) : middleOf(shape),
  look: PLAIN,
  boxes: true,
  cropped: true,
  chosen: findings.length > 0 ? 0 : null,
  sweeping: false,
});

/** `known` is null until the image is here; the view opens on the first finding. */
export function useView(known: Shape | null, findings: readonly Finding[]) {
  const shape = known ?? NO_SHAPE;
  const [state, set] = useState<ViewState>(() => opening(shape, findings));
  const [opened, open] = useState(shape);
  if (opened !== shape) {
    open(shape);
    set(opening(shape, findings));
  }
  const latest = useRef({ shape, findings });
  useEffect(() => {
    latest.current = { shape, findings };
  });

  const look = useCallback((change: (look: Look) => Partial<Look>) => {
    set((now) => ({ ...now, look: { ...now.look, ...change(now.look) } }));
  }, []);

  const acts = useMemo(() => {
    const step = (plane: Plane, by: number): void =>
      set((now) => {
        const axis = AXES[plane].through;
        return { ...now, cursor: moved(latest.current.shape, now.cursor, axis, now.cursor[axis] + by) };
      });
    const choose = (index: number): void => {
      const finding = latest.current.findings[index];
      if (!finding) return;
      set((now) => ({
        ...now,
        sweeping: false,
        boxes: true,
        chosen: index,
        cursor: centreOf(latest.current.shape, finding.box_mm),
      }));
    };
    return {
      choose,
      /** One slice on, from the last back to the first of those that hold the item. */
      sweep: (plane: Plane, { from, to }: Crop): void =>
        set((now) => {
          const axis = AXES[plane].through;
          const next = now.cursor[axis] + 1;
          const inside = next > to[axis] || next < from[axis] ? from[axis] : next;
          return { ...now, cursor: moved(latest.current.shape, now.cursor, axis, inside) };
        }),
      nextBox: (chosen: number | null): void => {
        const n = latest.current.findings.length;
        if (n > 0) choose(chosen === null ? 0 : (chosen + 1) % n);
      },
      scroll: (plane: Plane, by: number): void => {
        set((now) => ({ ...now, sweeping: false }));
        step(plane, by);
      },
      goTo: (plane: Plane, index: number): void =>
        set((now) => ({
          ...now,
          sweeping: false,
          cursor: moved(latest.current.shape, now.cursor, AXES[plane].through, index),
        })),
      point: (plane: Plane, across_mm: number, down_mm: number): void =>
        set((now) => ({
          ...now,
          cursor: pointed(latest.current.shape, now.cursor, plane, across_mm, down_mm),
        })),
      enlarge: (large: Pane): void => set((now) => ({ ...now, large })),
      toggleSweep: (): void => set((now) => ({ ...now, sweeping: !now.sweeping })),
      toggleBoxes: (): void => set((now) => ({ ...now, boxes: !now.boxes })),
      toggleCrop: (): void => set((now) => ({ ...now, cropped: !now.cropped })),
      toggleInverse: (): void => look(({ inverse }) => ({ inverse: !inverse })),
      toggleColour: (): void => look(({ colour }) => ({ colour: colour === "zeff" ? "grey" : "zeff" })),
      toggleStrip: (material: Material): void =>
        look(({ strip }) => ({
          strip: strip.includes(material) ? strip.filter((one) => one !== material) : [...strip, material],
        })),
      toggleMetalOnly: (): void => look(({ strip }) => ({ strip: metalOnly(strip) ? [] : ["organic", "mixed"] })),
      nextWindow: (): void =>
        look(({ window }) => {
          const at = WINDOWS.findIndex(({ low, high }) => low === window.low && high === window.high);
          return { window: WINDOWS[(at + 1) % WINDOWS.length] ?? WINDOWS[0] };
        }),
      setWindow: (window: Window): void => look(() => ({ window: within(window) })),
      plain: (): void => look(() => PLAIN),
    };
  }, [look]);
  return { state, ...acts };
}

export type View = ReturnType<typeof useView>;

export const metalOnly = (strip: readonly Material[]): boolean =>
  strip.length === 2 && strip.includes("organic") && strip.includes("mixed");

/** A window that can be drawn: inside the range, and never narrower than a few steps. */
export function within({ low, high }: Window): Window {
  const from = Math.max(0, Math.min(HIGHEST - LEAST_WINDOW, Math.round(low)));
  return { low: from, high: Math.min(HIGHEST, Math.max(from + LEAST_WINDOW, Math.round(high))) };
}
