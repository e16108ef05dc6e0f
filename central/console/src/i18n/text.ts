// The texts of the language in use.

import { usePreferences, type Language } from "../shell/preferences.ts";
import { en } from "./en.ts";
import type { Messages } from "./shapes.ts";
import { zh } from "./zh.ts";

export const texts: Record<Language, Messages> = { zh, en };

export const useText = (): Messages => texts[usePreferences().language];

/** "12 s", "4 min", "3 h", "2 d": the largest unit that fits, cut. */
export function span(text: Messages, seconds: number): string {
  const { duration } = text;
  const whole = Math.trunc(seconds);
  if (whole < 120) return duration.seconds(String(whole));
  if (whole < 7200) return duration.minutes(String(Math.trunc(whole / 60)));
  if (whole < 172_800) return duration.hours(String(Math.trunc(whole / 3600)));
  return duration.days(String(Math.trunc(whole / 86_400)));
}
