// One plane: the slice at the cursor, the boxes of what was found, the cursor's lines, and which slices were seen.

import { useRef, type PointerEvent } from "react";

import type { Finding } from "../../api/image-types.ts";
import { useText } from "../../i18n/text.ts";
import {
  AXES,
  crossOf,
  cuts,
  extentOf,
  rectangleOf,
  slicesOf,
  wholeOf,
  type Crop,
  type Plane,
  type Shape,
} from "../volume/planes.ts";
import { numbered } from "../numbered.ts";
import { BoxMark } from "./box-mark.tsx";
import { Picture, type Source } from "./picture.tsx";
import { SliceStrip } from "./slice-strip.tsx";
import { useSize } from "./use-size.ts";
import type { View } from "./use-view.ts";

interface Props {
  plane: Plane;
  source: Source;
  shape: Shape;
  crop: Crop;
  view: View;
  findings: readonly Finding[];
  shown: ReadonlySet<number>;
  share: number;
  drawn: (index: number) => void;
}

const KEYS: Record<Plane, string> = { axial: "1", coronal: "2", sagittal: "3" };
const WINDOW_PER_PIXEL = 3;

export function SlicePane({ plane, source, shape, crop, view, findings, shown, share, drawn }: Props) {
  const { review: words } = useText();
  const { state } = view;
  const [frame, room] = useSize();
  const index = state.cursor[AXES[plane].through];
  const n = slicesOf(shape, plane);
  const part = extentOf(shape, crop, plane);
  const scale = Math.min(room.width / part.width, room.height / part.height) || 0;
  const all = extentOf(shape, wholeOf(shape), plane);
  const size = { width: all.width * scale, height: all.height * scale };
  const place = { ...size, left: -part.left * scale, top: -part.top * scale };
  const large = state.large === plane;
  return (
    <section className={`pane pane-${plane} ${large ? "pane-large" : ""} ${state.look.inverse ? "pane-inverse" : ""}`}>
      <header>
        <button type="button" onClick={() => view.enlarge(plane)} title={words.enlarge} aria-pressed={large}>
          <kbd>{KEYS[plane]}</kbd> {words.planes[plane].name}
        </button>
        <span className="pane-note">{words.planes[plane].note}</span>
        <span className="push">
          {index + 1}/{n}
        </span>
        <span className="pane-note">{words.seenShare(`${Math.floor(share * 100)} %`)}</span>
      </header>
      <div
        className="pane-room"
        ref={frame}
        onWheel={(event) => view.scroll(plane, event.deltaY > 0 ? 1 : -1)}
        onDoubleClick={() => view.enlarge(plane)}
      >
        {scale > 0 ? (
          <div className="pane-picture" style={{ width: part.width * scale, height: part.height * scale }}>
            <div className="pane-whole" style={place}>
              <Picture
                source={source}
                shape={shape}
                plane={plane}
                index={index}
                look={state.look}
                size={size}
                drawn={drawn}
              />
              <Overlay plane={plane} shape={shape} view={view} findings={findings} scale={scale} size={size} />
            </div>
          </div>
        ) : null}
      </div>
      <SliceStrip plane={plane} shape={shape} view={view} findings={findings} shown={shown} index={index} n={n} />
    </section>
  );
}

interface OverlayProps {
  plane: Plane;
  shape: Shape;
  view: View;
  findings: readonly Finding[];
  scale: number; // pixels a millimetre
  size: { width: number; height: number };
}

/** Left button: the cursor; right button: the window, to the right wider, upwards brighter. */
function Overlay({ plane, shape, view, findings, scale, size }: OverlayProps) {
  const { state } = view;
  const dragged = useRef<{ x: number; y: number } | null>(null);
  const cross = crossOf(shape, state.cursor, plane);

  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    view.point(plane, (event.clientX - left) / scale, (event.clientY - top) / scale);
  };
  const press = (event: PointerEvent<SVGSVGElement>): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    if (event.button === 2) dragged.current = { x: event.clientX, y: event.clientY };
    else if (event.button === 0) point(event);
  };
  const drag = (event: PointerEvent<SVGSVGElement>): void => {
    if (dragged.current) {
      const wider = (event.clientX - dragged.current.x) * WINDOW_PER_PIXEL;
      const darker = (event.clientY - dragged.current.y) * WINDOW_PER_PIXEL;
      dragged.current = { x: event.clientX, y: event.clientY };
      const { low, high } = state.look.window;
      view.setWindow({ low: low - wider / 2 + darker, high: high + wider / 2 + darker });
    } else if (event.buttons === 1) point(event);
  };
  return (
    <svg
      className="overlay"
      width={size.width}
      height={size.height}
      onPointerDown={press}
      onPointerMove={drag}
      onPointerUp={() => (dragged.current = null)}
      onContextMenu={(event) => event.preventDefault()}
      aria-hidden="true"
    >
      <path className="cross" d={`M${cross.across * scale} 0V${size.height}M0 ${cross.down * scale}H${size.width}`} />
      {state.boxes
        ? numbered(findings).map(({ one, number }) => (
            <BoxMark
              key={number}
              number={number}
              place={rectangleOf(one.box_mm, plane)}
              scale={scale}
              here={cuts(shape, one.box_mm, plane, state.cursor)}
              chosen={state.chosen === number - 1}
            />
          ))
        : null}
    </svg>
  );
}
