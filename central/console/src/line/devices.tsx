// Device health: one tile each, with one number that matters, its state in a word, and since when.

import type { DeviceTile } from "../api/types.ts";
import { count } from "../format/quantity.ts";
import { timeOrDate } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { useNow } from "../shell/now.ts";

const KNOWN = new Set(["online", "degraded", "offline", "connecting"]);

export function Devices({ tiles }: { tiles: readonly DeviceTile[] | undefined }) {
  const { device: words } = useText();
  if (!tiles?.length) return <p className="devices devices-none quiet">{words.none}</p>;
  return (
    <ul className="devices" aria-label={words.title}>
      {tiles.map((tile) => (
        <Tile key={tile.device} tile={tile} />
      ))}
    </ul>
  );
}

function Tile({ tile }: { tile: DeviceTile }) {
  const { device: words } = useText();
  const now = useNow();
  const state = KNOWN.has(tile.state) ? tile.state : "degraded";
  const troubled = state !== "online" && tile.errors > 0;
  return (
    <li className={`device device-${state}`} title={tile.detail}>
      <span className="device-name">{words.names[tile.device] ?? tile.device}</span>
      <span className="device-state">
        <i aria-hidden="true" />
        {words.state[tile.state] ?? tile.state}
      </span>
      <span className="device-number">
        {troubled ? words.errors(count(tile.errors)) : words.readings(count(tile.readings))}
      </span>
      <span className="device-since">{words.since(timeOrDate(tile.since, now))}</span>
    </li>
  );
}
