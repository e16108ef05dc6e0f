// The image of one passage: three planes and the view in 3-D around one cursor, with tools and keys.

import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { Finding } from "../../api/image-types.ts";
import { useText } from "../../i18n/text.ts";
import { useKeys } from "../../shell/keys.ts";
import type { Volume } from "../volume/colour.ts";
import { contentOf } from "../volume/content.ts";
import { PLANES, wholeOf, type Plane, type Shape } from "../volume/planes.ts";
import { DWELL_MS, lookOf, NOTHING_SHOWN, withShown, type Look, type Shown } from "../volume/seen.ts";
import type { Source } from "./picture.tsx";
import { SlicePane } from "./slice-pane.tsx";
import { SolidPane } from "./solid-pane.tsx";
import { Toolbar } from "./toolbar.tsx";
import { activePlane, type View } from "./use-view.ts";

interface Props {
  passage_id: string;
  volume: Volume | null; // null: the service draws
  shape: Shape;
  findings: readonly Finding[];
  view: View;
  looked: (look: Look) => void;
}

/** Slow enough to see, fast enough for a parcel in some ten seconds. */
const SWEEP_MS = 66;

export function Stage({ passage_id, volume, shape, findings, view, looked }: Props) {
  const { review: words } = useText();
  const { state } = view;
  const plane = activePlane(state);
  const source = useMemo<Source>(
    () => (volume ? { kind: "volume", volume } : { kind: "service", passage_id }),
    [volume, passage_id],
  );
  const { shown, drawn } = useShown();
  const whole = useMemo(() => wholeOf(shape), [shape]);
  const content = useMemo(() => (volume ? contentOf(volume) : whole), [volume, whole]);
  const look = useMemo(
    () =>
      lookOf(
        shape,
        findings.map(({ box_mm }) => box_mm),
        content,
        shown,
      ),
    [shape, findings, content, shown],
  );
  useEffect(() => looked(look), [looked, look]);

  const { sweep } = view;
  useEffect(() => {
    if (!state.sweeping) return undefined;
    const timer = setInterval(() => sweep(plane, content), SWEEP_MS);
    return () => clearInterval(timer);
  }, [state.sweeping, sweep, plane, content]);

  useKeys({
    "1": () => view.enlarge("axial"),
    "2": () => view.enlarge("coronal"),
    "3": () => view.enlarge("sagittal"),
    "4": () => view.enlarge("solid"),
    a: view.toggleSweep,
    b: () => view.nextBox(state.chosen),
    c: view.toggleColour,
    i: view.toggleInverse,
    m: view.toggleMetalOnly,
    w: view.nextWindow,
    x: view.toggleBoxes,
    z: view.toggleCrop,
    "0": view.plain,
    ArrowRight: () => view.scroll(plane, 1),
    ArrowLeft: () => view.scroll(plane, -1),
    PageDown: () => view.scroll(plane, 10),
    PageUp: () => view.scroll(plane, -10),
  });

  return (
    <div className="stage">
      <Toolbar view={view} findings={findings} />
      {volume ? null : (
        <p className="stage-word" role="status">
          {words.served}
        </p>
      )}
      <div className={`panes panes-${state.large}`}>
        {PLANES.map((each) => (
          <SlicePane
            key={each}
            plane={each}
            source={source}
            shape={shape}
            crop={state.cropped ? content : whole}
            view={view}
            findings={findings}
            shown={shown[each]}
            share={look.share[each]}
            drawn={drawn[each]}
          />
        ))}
        <SolidPane
          passage_id={passage_id}
          volume={volume}
          shape={shape}
          content={content}
          view={view}
          findings={findings}
        />
      </div>
    </div>
  );
}

/** Which slices were on screen for long enough to be seen, in a window that was visible. */
function useShown(): { shown: Shown; drawn: Record<Plane, (index: number) => void> } {
  const [shown, show] = useState(NOTHING_SHOWN);
  const timers = useRef<Partial<Record<Plane, ReturnType<typeof setTimeout>>>>({});
  const mark = useCallback((plane: Plane, index: number): void => {
    clearTimeout(timers.current[plane]);
    timers.current[plane] = setTimeout(() => {
      if (document.visibilityState === "visible") show((before) => withShown(before, plane, index));
    }, DWELL_MS);
  }, []);
  useEffect(() => {
    const kept = timers.current;
    return () => {
      for (const plane of PLANES) clearTimeout(kept[plane]);
    };
  }, []);
  const drawn = useMemo(
    () => ({
      axial: (index: number) => mark("axial", index),
      coronal: (index: number) => mark("coronal", index),
      sagittal: (index: number) => mark("sagittal", index),
    }),
    [mark],
  );
  return { shown, drawn };
}
