// The filters of a search, and how they stand in the page's URL and in the request. Pure.

import type { LaneRole, PassageSearch, Reason } from "../api/types.ts";
import { reasons } from "../i18n/zh/reasons.ts";

export const ROLES: readonly LaneRole[] = ["release", "wait", "inspect", "recirculate"];
export const REASONS = Object.keys(reasons) as readonly Reason[];

/** Customs' own reasons: those who may not see them are told "inspection", and search for that. */
const TARGETING: ReadonlySet<Reason> = new Set([
  "control_instruction",
  "customs_hold",
  "revoked",
  "officer_review",
  "officer_stopped",
]);

export const reasonsToChoose = (seesTargeting: boolean): Reason[] =>
  REASONS.filter((reason) => (seesTargeting ? reason !== "inspection" : !TARGETING.has(reason)));

/** "" and false mean: any. */
export interface Filters {
  line: string;
  role: LaneRole | "";
  reason: Reason | "";
  open: boolean;
}

export const ANY: Filters = { line: "", role: "", reason: "", open: false };

/** Filters from a URL; what it does not know is left out, so that an old link still opens. */
export function filtersOf(search: URLSearchParams): Filters {
  const role = search.get("role");
  const reason = search.get("reason");
  return {
    line: search.get("line") ?? "",
    role: ROLES.find((one) => one === role) ?? "",
    reason: REASONS.find((one) => one === reason) ?? "",
    open: search.get("open") === "true",
  };
}

/** The URL's part for filters: only those that are set, always in the same order. */
export function searchOf(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  if (filters.line) search.set("line", filters.line);
  if (filters.role) search.set("role", filters.role);
  if (filters.reason) search.set("reason", filters.reason);
  if (filters.open) search.set("open", "true");
  return search;
}

/** What is asked of the service: the filters and the waybill number, personal data and never in a URL. */
export function requestOf({ line, role, reason, open }: Filters, waybill: string): PassageSearch {
  const number = waybill.replaceAll(/\s/g, "").toUpperCase();
  return { line, role: role || null, reason, open: open || null, waybill: number };
}
