// What the central service says: shapes of its answers and of its events, as its API names them.

import type { MediaItem, Outcome, Scan } from "./image-types.ts";

export type LaneRole = "release" | "wait" | "inspect" | "recirculate";
export type Decision = "release" | "stop";
/** "never_ruled": the passage closed, and the line said nothing of the answer. */
export type Ruling = "sent" | "accepted" | "too_late" | "not_open" | "refused" | "never_ruled";
export type DeviceState = "connecting" | "online" | "degraded" | "offline";
export type ClearanceState = "release" | "wait" | "review" | "inspect" | "released";

export type Reason =
  | "cleared"
  | "token"
  | "officer_released"
  | "officer_stopped"
  | "no_read"
  | "code_conflict"
  | "ambiguous_reading"
  | "unknown_waybill"
  | "papers_missing"
  | "clearance_stale"
  | "control_instruction"
  | "customs_hold"
  | "revoked"
  | "officer_review"
  | "already_released"
  | "no_weight"
  | "weight_mismatch"
  | "too_close"
  | "lost_in_track"
  | "eye_missed"
  | "unexpected_item"
  | "observation_gap"
  | "image_pending"
  | "image_alarm"
  | "image_prohibited"
  | "image_exception"
  | "scan_doubtful"
  | "ct_not_ready"
  | "recirculation_limit"
  | "lane_unavailable"
  | "undecided"
  | "inspection"; // what those who may not see customs' own reasons are told instead

export interface Me {
  username: string;
  display_name: string;
  organisation: string;
  roles: string[];
  permissions: string[];
}

export interface Belt {
  speed_mm_s: number;
  eyes_mm: number[]; // eye 0 is the induction eye, at 0
  decide_eye: number; // index into eyes_mm
  release_cutoff_mm: number;
  inspect_cutoff_mm: number;
  end_mm: number;
}

export interface Lane {
  number: number;
  name: string;
  role: LaneRole;
  diverter_mm: number;
  capacity: number; // 0: no limit
}

export interface SiteLine {
  id: string;
  name: string;
  belt: Belt;
  lanes: Lane[];
  scanners: { name: string; position_mm: number }[];
  scale: { name: string; position_mm: number; length_mm: number } | null;
  ct?: { name: string; position_mm: number; length_mm: number } | null;
  cameras?: { name: string; position_mm: number }[];
  weight_tolerance_g: number;
  weight_tolerance_share: number; // of the declared weight; the larger holds
}

export interface Site {
  id: string;
  name: string;
  name_en: string;
  timezone: string;
  lines: SiteLine[];
}

export interface DeviceTile {
  device: string;
  state: string; // a DeviceState; others are shown as they are
  since: string;
  detail: string;
  readings: number;
  errors: number;
}

export interface ItemOnBelt {
  passage_id: string;
  position_mm: number; // of its front
  length_mm?: number | null;
  role?: LaneRole | null;
  lane?: number | null;
  deadline_mm?: number | null; // distance left for an answer
}

/** Defaults are left out on the wire: an absent field means 0, "", false or none. */
export interface LineState {
  session: string;
  online: boolean;
  at: string; // while away: since when
  epoch?: number;
  state?: string;
  speed_mm_s?: number;
  induction_open?: boolean;
  lane_counts?: number[]; // of lane 1, 2, …
  inducted?: number;
  outbox?: number;
  clearance_number?: number;
  clearance_age_s?: number | null;
  ct_state?: string; // ready, fault, bypass, xray_off; "" without a CT
  uploads?: number; // files that wait to be uploaded
  devices?: DeviceTile[];
  items?: ItemOnBelt[];
}

export interface PassageRow {
  passage_id: string;
  line: string;
  inducted_at: string;
  decided_at: string | null;
  closed_at: string | null;
  last4: string | null;
  courier: string | null;
  role_decided: LaneRole | null;
  lane_decided: number | null;
  role_actual: LaneRole | null;
  lane_actual: number | null;
  reasons: Reason[];
  weight_g: number | null;
  awaiting_answer: boolean;
  image_outcome?: Outcome | null;
}

export interface CodeEvidence {
  scanner: string;
  position_mm: number;
  keys: string[]; // keyed hashes: only their number means something to a reader
}

export interface ClearanceEvidence {
  state: ClearanceState;
  version: number;
  list_number: number;
  age_s: number;
  mode: string;
  reasons?: Reason[];
}

/** Why an answer cannot be given. */
export type AnswerRefusal =
  | "no_passage"
  | "not_awaited"
  | "two_needed"
  | "line_away"
  | "claimed"
  | "prohibited"
  | "exception";

/** What the verdict rested on; defaults are left out on the wire. */
export interface Evidence {
  codes?: CodeEvidence[];
  weight_g?: number | null;
  declared_weight_g?: number | null;
  length_mm?: number | null;
  clearance?: ClearanceEvidence | null;
  trips?: number;
  answer_id?: string | null;
  doubts?: Reason[];
}

export interface Moment {
  at: string;
  what: string;
  position_mm?: number | null;
  device?: string;
  detail?: string;
}

export interface ChainLink {
  sequence: number;
  hash: string;
}

export interface Answer {
  answer_id: string;
  passage_id: string;
  decision: Decision;
  officers: string[];
  reason: string;
  issued_at: string;
  ruling: Ruling;
  ruled_at: string | null;
  position_mm: number | null;
  detail: string;
}

export interface Figures {
  inducted: number;
  recorded: number;
  by_role: Partial<Record<LaneRole, number>>;
  by_reason: Partial<Record<Reason, number>>;
  per_hour: { hour: number; count: number }[];
  gaps: number; // items without a record of their own
  quarantined: number;
}

export interface Alarm {
  line: string;
  code: string;
  detail: string;
  raised_at: string;
}

/** "" and null mean: any; `waybill` is a whole number. */
export interface PassageSearch {
  line: string;
  role: LaneRole | null;
  reason: Reason | "";
  open: boolean | null;
  waybill: string;
}

export interface PassageList {
  items: PassageRow[];
  next: string | null;
}

/** Masked by default; the same shape unmasked once a reason was given. */
export interface Consignee {
  name: string;
  phone: string;
  address: string;
  id_number: string;
}

export interface Declaration {
  number: string;
  mode: string;
  customs_status: number | null; // CEB returnStatus; null: not for this person
  status_at: string;
  control_instruction: string;
  review: boolean;
}

export interface Papers {
  number: string;
  master_bill: string;
  consignee: Consignee;
  mode: string;
  courier: string;
  destination: string;
  declared_weight_g: number | null;
  declarations: Declaration[];
}

/** Papers and barcode texts in the open; the look stands in the audit trail. */
export interface Revealed {
  papers: Papers | null;
  codes: { scanner: string; raw: string }[];
}

/** The waybill's clearance as it is now, which may not be what the verdict rested on. */
export interface ClearanceNow {
  state: ClearanceState;
  version: number;
  as_of: string;
  reasons: Reason[];
}

export interface Goods {
  name: string;
  hs_code: string;
  quantity: number;
  unit: string;
  value: number; // of the line
  currency: string;
  origin: string;
}

export interface PassagePage extends PassageRow {
  revision: number | null;
  as_decided: boolean | null;
  policy: string | null;
  epoch: number;
  tracking_id: number;
  evidence: Evidence | null;
  clearance: ClearanceNow | null;
  papers: Papers | null;
  goods: Goods[];
  timeline: Moment[];
  answers: Answer[];
  scan: Scan | null;
  media: MediaItem[];
  chain: { decided: ChainLink | null; closed: ChainLink | null };
}
