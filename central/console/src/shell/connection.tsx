// Whether the screen is live: a mark in the header at all times, and a sentence across the page when it is not.

import { useLive } from "../api/live.ts";
import { timeOfDay } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { useNow } from "./now.ts";

/** A break shorter than this is shown in the header only: a sentence that flashes is a disturbance. */
const PATIENCE_MS = 2_000;

export function ConnectionMark() {
  const { connection: words } = useText();
  const { status, since } = useLive((live) => live.connection);
  const time = timeOfDay(since);
  const word = { connecting: words.connecting, live: words.live, reconnecting: words.reconnecting(time) }[status];
  return (
    <span
      className={`connection connection-${status}`}
      role="status"
      title={status === "live" ? words.liveSince(time) : word}
    >
      <i aria-hidden="true" />
      {word}
    </span>
  );
}

export function ConnectionBar() {
  const { connection: words } = useText();
  const { status, since } = useLive((live) => live.connection);
  const now = useNow();
  if (status !== "reconnecting" || now - Date.parse(since) < PATIENCE_MS) return null;
  return (
    <p className="connection-bar" role="alert">
      {words.lost(timeOfDay(since))}
    </p>
  );
}
