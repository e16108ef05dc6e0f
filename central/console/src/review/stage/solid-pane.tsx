// The view in 3-D, for orientation: NiiVue where there is WebGL2, else projections by the service.

import { useEffect, useMemo, useRef, useState } from "react";

import { passagePath } from "../../api/queries.ts";
import type { Finding } from "../../api/image-types.ts";
import { useText } from "../../i18n/text.ts";
import { drawSolid, type Volume } from "../volume/colour.ts";
import { boxWithin, croppedShape, extentOf, rectangleOf, wholeOf, type Crop, type Shape } from "../volume/planes.ts";
import { numbered } from "../numbered.ts";
import { BoxMark } from "./box-mark.tsx";
import { pictureQuery, useLoaded } from "./picture.tsx";
import type { Corner, Solid } from "./solid.ts";
import { useSize } from "./use-size.ts";
import type { View } from "./use-view.ts";

interface Props {
  passage_id: string;
  volume: Volume | null; // null: the service draws
  shape: Shape;
  content: Crop; // where the item is: what is drawn and turned around
  view: View;
  findings: readonly Finding[];
}

export function SolidPane({ passage_id, volume, shape, content, view, findings }: Props) {
  const { review: words } = useText();
  const [failed, fail] = useState(false);
  const large = view.state.large === "solid";
  const projected = volume === null || failed;
  return (
    <section className={`pane pane-solid ${large ? "pane-large" : ""}`}>
      <header>
        <button type="button" onClick={() => view.enlarge("solid")} title={words.enlarge} aria-pressed={large}>
          <kbd>4</kbd> {projected ? words.projection : words.solid}
        </button>
        <span className="pane-note">{projected ? words.projectionNote : words.solidNote}</span>
      </header>
      {projected ? (
        <Projection passage_id={passage_id} shape={shape} view={view} findings={findings} />
      ) : (
        <Turned
          volume={volume}
          shape={shape}
          content={content}
          view={view}
          findings={findings}
          fail={() => fail(true)}
        />
      )}
    </section>
  );
}

/** A box's edges: pairs of corners that differ in one axis. */
const EDGES = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((corner) =>
  [1, 2, 4].filter((axis) => (corner & axis) === 0).map((axis) => [corner, corner | axis] as const),
);

function Turned({
  volume,
  shape,
  content,
  view,
  findings,
  fail,
}: Omit<Props, "passage_id" | "volume"> & { volume: Volume; fail: () => void }) {
  const { review: words } = useText();
  const { state } = view;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [solid, take] = useState<Solid | null>(null);
  const [turn, setTurn] = useState(0);
  const failing = useRef(fail);
  const { colour, strip } = state.look;
  const rgba = useMemo(() => drawSolid(volume, { colour, strip }, content), [volume, colour, strip, content]);

  useEffect(() => {
    let opened: Solid | null = null;
    let gone = false;
    const element = canvas.current;
    if (!element) return undefined;
    const lost = (): void => (gone ? undefined : failing.current());
    element.addEventListener("webglcontextlost", lost);
    import("./solid.ts")
      .then(({ openSolid }) => openSolid(element, croppedShape(shape, content), () => setTurn((count) => count + 1)))
      .then((made) => {
        opened = made;
        if (gone) made.dispose();
        else take(made);
      })
      .catch(lost);
    return () => {
      gone = true;
      element.removeEventListener("webglcontextlost", lost);
      opened?.dispose();
    };
  }, [shape, content]);

  useEffect(() => {
    solid?.show(rgba).catch(() => failing.current());
  }, [solid, rgba]);

  const boxes = useMemo(
    () =>
      solid && state.boxes ? findings.map(({ box_mm }) => solid.cornersOf(boxWithin(shape, content, box_mm))) : [],
    // `turn` says that the same boxes now lie elsewhere on the canvas
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [solid, shape, content, findings, state.boxes, turn],
  );
  return (
    <div className="pane-room" onDoubleClick={() => solid?.home()}>
      <div className="solid-canvas">
        <canvas ref={canvas} tabIndex={-1} aria-label={words.solid} />
      </div>
      <svg className="overlay overlay-through" aria-hidden="true">
        {numbered(boxes).map(({ one: corners, number }) => (
          <g key={number} className={`box ${state.chosen === number - 1 ? "box-chosen" : ""}`}>
            <path d={wire(corners)} />
            <text x={corners[4]?.[0]} y={(corners[4]?.[1] ?? 0) - 4}>
              {number}
            </text>
          </g>
        ))}
      </svg>
      {solid ? null : <p className="pane-word">{words.solidOpening}</p>}
    </div>
  );
}

const wire = (corners: readonly Corner[]): string =>
  EDGES.map(([from, to]) => {
    const [a, b] = [corners[from], corners[to]];
    return a && b ? `M${a[0].toFixed(1)} ${a[1].toFixed(1)}L${b[0].toFixed(1)} ${b[1].toFixed(1)}` : "";
  }).join("");

/** Seen from the side, the front at the left: all slices of the sagittal plane in one picture. */
function Projection({ passage_id, shape, view, findings }: Omit<Props, "volume" | "content">) {
  const { state } = view;
  const [frame, room] = useSize();
  const extent = extentOf(shape, wholeOf(shape), "sagittal");
  const scale = Math.min(room.width / extent.width, room.height / extent.height) || 0;
  const size = { width: Math.round(extent.width * scale), height: Math.round(extent.height * scale) };
  const shown = useLoaded(`${passagePath(passage_id)}/image/projection.png?${pictureQuery("sagittal", state.look)}`);
  return (
    <div className="pane-room" ref={frame}>
      {scale > 0 && shown ? (
        <div className="pane-picture" style={size}>
          <img className="picture" src={shown} alt="" style={size} draggable={false} />
          <svg className="overlay overlay-through" width={size.width} height={size.height} aria-hidden="true">
            {state.boxes
              ? numbered(findings).map(({ one, number }) => (
                  <BoxMark
                    key={number}
                    number={number}
                    place={rectangleOf(one.box_mm, "sagittal")}
                    scale={scale}
                    here
                    chosen={state.chosen === number - 1}
                  />
                ))
              : null}
          </svg>
        </div>
      ) : null}
    </div>
  );
}
