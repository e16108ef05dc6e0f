// Device health: one tile each, with one number that matters, its state in a word, and since when.

import type { DeviceTile, SiteLine } from "../api/types.ts";
import { count } from "../format/quantity.ts";
import { timeOrDate } from "../format/time.ts";
import type { Messages } from "../i18n/shapes.ts";
import { useText } from "../i18n/text.ts";
import { useNow } from "../shell/now.ts";
import { framesOf, kindOf } from "./device-kind.ts";

const KNOWN = new Set(["online", "degraded", "offline", "connecting"]);

export function Devices({ line, tiles }: { line: SiteLine; tiles: readonly DeviceTile[] | undefined }) {
  const { device: words } = useText();
  if (!tiles?.length) return <p className="devices devices-none quiet">{words.none}</p>;
  return (
    <ul className="devices" aria-label={words.title}>
      {tiles.map((tile) => (
        <Tile key={tile.device} line={line} tile={tile} />
      ))}
    </ul>
  );
}

function Tile({ line, tile }: { line: SiteLine; tile: DeviceTile }) {
  const { device: words } = useText();
  const now = useNow();
  const state = KNOWN.has(tile.state) ? tile.state : "degraded";
  const kind = kindOf(tile.device, line);
  return (
    <li className={`device device-${state}`} title={tile.detail}>
      <p>
        <span className="device-name">{words.names[tile.device] ?? tile.device}</span>
        <span className="device-state">
          <i aria-hidden="true" />
          {words.state[tile.state] ?? tile.state}
        </span>
      </p>
      <p>
        <span className="device-number">{numberOf(tile, kind, words)}</span>
        <span className="device-since">{words.since(timeOrDate(tile.since, now))}</span>
      </p>
    </li>
  );
}

/** Errors while there is trouble; else what shows best that the device does its work. */
function numberOf(tile: DeviceTile, kind: ReturnType<typeof kindOf>, words: Messages["device"]): string {
  if (tile.state !== "online" && tile.errors > 0) return words.errors(count(tile.errors));
  const frames = kind === "camera" ? framesOf(tile) : null;
  if (frames !== null) return words.frames(frames);
  return kind ? words.numbers[kind](count(tile.readings)) : count(tile.readings);
}
