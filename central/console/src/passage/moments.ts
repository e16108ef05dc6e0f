// What a moment of a passage's timeline says beyond its kind, in words. Pure.

import { laneName } from "../api/lanes.ts";
import type { Moment, SiteLine } from "../api/types.ts";
import { kilograms } from "../format/quantity.ts";
import type { Messages } from "../i18n/shapes.ts";

/** A moment's detail in words; what it means depends on the kind of moment. */
export function detailOf(
  { what, detail = "", device = "" }: Moment,
  text: Messages,
  line: SiteLine | undefined,
): string {
  const words = text.momentDetail;
  const from = device ? (text.device.names[device] ?? device) : "";
  if (what === "eye" || what === "lost") return words.eye(detail);
  if (what === "codes_read") return `${from} · ${words.codes(detail)}`;
  if (what === "no_read" || what === "no_weight") return from;
  if (what === "weighed") return weightOf(detail, text);
  if (what === "answered") return text.answer[detail === "release" ? "release" : "stop"];
  if (what === "decided") return verdictOf(detail, text);
  if (what === "reviewed") return outcomeOf(detail, text);
  if (what.startsWith("lane_") || what === "diverted" || what === "divert_failed")
    return words.lane(laneName(line, Number(detail)) ?? detail);
  return [from, detail].filter(Boolean).join(" · ");
}

/** "inspect weight_mismatch,no_read" → 查验 · 重量不符 · 未读到码 */
function verdictOf(detail: string, text: Messages): string {
  if (detail === "inspection") return text.reasons.inspection.word;
  const [role = "", reasons = ""] = detail.split(" ");
  const roleWord = (text.role as Record<string, { word: string }>)[role]?.word ?? role;
  const words = reasons
    .split(",")
    .filter(Boolean)
    .map((reason) => (text.reasons as Record<string, { word: string }>)[reason]?.word ?? reason);
  return [roleWord, ...words].join(" · ");
}

/** "exception cut_off" → 异常 · 未拍全 */
function outcomeOf(detail: string, text: Messages): string {
  const [outcome = "", exception = ""] = detail.split(" ");
  const { outcomes, exceptions } = text.review as {
    outcomes: Record<string, string>;
    exceptions: Record<string, { word: string }>;
  };
  return [outcomes[outcome] ?? outcome, exceptions[exception]?.word ?? exception].filter(Boolean).join(" · ");
}

/** "924 g" → 0.924 kg; a weight that cannot be read is shown as it came. */
function weightOf(detail: string, text: Messages): string {
  const grams = Number.parseFloat(detail);
  return Number.isNaN(grams) ? detail : text.momentDetail.weight(kilograms(grams));
}
