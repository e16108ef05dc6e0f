// The picture of one slice: drawn here from the volume, or by the service where the browser has no WebGL2.

import { useEffect, useMemo, useRef, useState } from "react";

import { passagePath } from "../../api/queries.ts";
import { drawSlice, type Look, type Volume } from "../volume/colour.ts";
import { AXES, type Plane, type Shape } from "../volume/planes.ts";
import type { Size } from "./use-size.ts";

/** Where pictures come from. */
export type Source = { kind: "volume"; volume: Volume } | { kind: "service"; passage_id: string };

interface Props {
  source: Source;
  shape: Shape;
  plane: Plane;
  index: number;
  look: Look;
  size: Size; // on screen
  drawn: (index: number) => void; // that slice is on screen now
}

export function Picture({ source, ...rest }: Props) {
  return source.kind === "volume" ? (
    <Drawn volume={source.volume} {...rest} />
  ) : (
    <Served passage_id={source.passage_id} {...rest} />
  );
}

function Drawn({ volume, shape, plane, index, look, size, drawn }: Omit<Props, "source"> & { volume: Volume }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { across, down } = AXES[plane];
  const [columns, rows] = [shape.size[across], shape.size[down]];
  const image = useMemo(() => new ImageData(columns, rows), [columns, rows]);
  useEffect(() => {
    drawSlice(volume, plane, index, look, new Uint32Array(image.data.buffer));
    canvas.current?.getContext("2d")?.putImageData(image, 0, 0);
    drawn(index);
  }, [volume, plane, index, look, image, drawn]);
  return <canvas ref={canvas} className="picture" width={columns} height={rows} style={size} />;
}

function Served({ passage_id, plane, index, look, size, drawn }: Omit<Props, "source"> & { passage_id: string }) {
  const url = `${passagePath(passage_id)}/image/slice.png?${pictureQuery(plane, look)}&index=${index}`;
  const shown = useLoaded(url);
  useEffect(() => {
    if (shown === url) drawn(index);
  }, [shown, url, index, drawn]);
  return shown ? <img className="picture" src={shown} alt="" style={size} draggable={false} /> : null;
}

/** Boxes are drawn by the screen, in either way of drawing, so that they can be pointed at. */
export function pictureQuery(plane: Plane, { window, colour, strip, inverse }: Look): string {
  const query = new URLSearchParams({
    plane,
    low: String(window.low),
    high: String(window.high),
    colour,
    inverse: String(inverse),
    boxes: "false",
  });
  for (const material of strip) query.append("strip", material);
  return query.toString();
}

/** The latest picture that has arrived; the one before stays until then. */
export function useLoaded(url: string): string | null {
  const [shown, show] = useState<string | null>(null);
  const ask = useMemo(() => oneAtATime(show), []);
  useEffect(() => ask(url), [ask, url]);
  return shown;
}

/** Loads pictures one after the other; of those asked for meanwhile only the last. */
function oneAtATime(show: (url: string) => void): (url: string) => void {
  let wanted = "";
  let busy = false;
  const load = (): void => {
    const asked = wanted;
    const image = new Image();
    const done = (arrived: boolean): void => {
      busy = false;
      if (arrived) show(asked);
      if (wanted !== asked) load();
    };
    busy = true;
    image.addEventListener("load", () => done(true));
    image.addEventListener("error", () => done(false));
    image.src = asked;
  };
  return (url) => {
    wanted = url;
    if (!busy) load();
  };
}
