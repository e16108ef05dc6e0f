// The box of one finding in a plane's picture, with its number; dashed where the shown slice does not cut it.

import type { Rectangle } from "../volume/planes.ts";

const ROOM_ABOVE = 16;

interface Props {
  number: number;
  place: Rectangle;
  scale: number; // pixels a millimetre
  here: boolean;
  chosen: boolean;
}

export function BoxMark({ number, place, scale, here, chosen }: Props) {
  const [x, y, width, height] = [place.left, place.top, place.width, place.height].map((mm) => mm * scale) as [
    number,
    number,
    number,
    number,
  ];
  return (
    <g className={`box ${here ? "" : "box-elsewhere"} ${chosen ? "box-chosen" : ""}`}>
      <rect x={x} y={y} width={width} height={height} />
      <text x={x + 2} y={y > ROOM_ABOVE ? y - 5 : y + height + 14}>
        {number}
      </text>
    </g>
  );
}
