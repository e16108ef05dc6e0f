// Times as people here read them: the site's own zone, always with seconds, never the browser's zone.

export const ZONE = "Asia/Shanghai";

const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const day = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });

/** 13:04:09, or "–" for no time. */
export function timeOfDay(iso: string | null | undefined): string {
  const at = instant(iso);
  return at === null ? "–" : clock.format(at);
}

/** 13:04:09.250: with milliseconds, for a timeline whose steps lie close together. */
export function timeWithMilliseconds(iso: string | null | undefined): string {
  const at = instant(iso);
  return at === null ? "–" : `${clock.format(at)}.${String(at.getTime() % 1000).padStart(3, "0")}`;
}

/** 2026-03-01 13:04:09. */
export function dateAndTime(iso: string | null | undefined): string {
  const at = instant(iso);
  return at === null ? "–" : `${day.format(at)} ${clock.format(at)}`;
}

/** Time of day when it is today's, else with the date; `now` in milliseconds since 1970. */
export function timeOrDate(iso: string | null | undefined, now: number): string {
  const at = instant(iso);
  if (at === null) return "–";
  return day.format(at) === day.format(now) ? clock.format(at) : dateAndTime(iso);
}

/** Seconds from `iso` to `now` (milliseconds since 1970), never negative; null without a time. */
export function secondsSince(iso: string | null | undefined, now: number): number | null {
  const at = instant(iso);
  return at === null ? null : Math.max(0, (now - at.getTime()) / 1000);
}

function instant(iso: string | null | undefined): Date | null {
  if (!iso) return null;
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? null : at;
}
