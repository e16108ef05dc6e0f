// Why a passage went where it went: a short word for tables and a full sentence for people, in English.

import type { Reason } from "../../api/types.ts";
import type { Wording } from "../zh/reasons.ts";

export const reasons: Record<Reason, Wording> = {
  cleared: { word: "Cleared", sentence: "Papers, weight and codes agree: released." },
  token: { word: "Bench token", sentence: "The bench issued a one-time release token, and it holds." },
  officer_released: {
    word: "Officer: release",
    sentence: "An officer answered release, and the line had it before the cut-off.",
  },
  officer_stopped: { word: "Officer: stop", sentence: "An officer answered stop: to inspection." },
  no_read: { word: "No read", sentence: "No scanner read a label on this item." },
  code_conflict: { word: "Code conflict", sentence: "Codes of more than one waybill were read on one item." },
  ambiguous_reading: {
    word: "Doubtful reading",
    sentence: "A reading could belong to a neighbouring item, so it was not relied on.",
  },
  unknown_waybill: {
    word: "Unknown waybill",
    sentence: "The clearance list does not know this waybill: there are no papers at all.",
  },
  papers_missing: {
    word: "Papers missing",
    sentence: "Order, payment, waybill or declaration has not arrived yet; it waits for them.",
  },
  clearance_stale: {
    word: "Clearance too old",
    sentence: "The clearance is older than its limit; it waits for a fresh one.",
  },
  control_instruction: { word: "Targeted", sentence: "A control instruction names this shipment: it is to be opened." },
  customs_hold: { word: "Customs hold", sentence: "Customs' receipt says inspect, detain or return." },
  revoked: { word: "Revoked", sentence: "An earlier release was revoked." },
  officer_review: {
    word: "For review",
    sentence: "An officer is to decide; without an answer before the cut-off it is inspected.",
  },
  already_released: {
    word: "Released before",
    sentence: "This waybill was released once already: a copied label, or a second piece.",
  },
  no_weight: { word: "No weight", sentence: "The scale gave no weight for this item." },
  weight_mismatch: { word: "Weight differs", sentence: "Measured and declared weight differ by more than is allowed." },
  too_close: { word: "Too close", sentence: "Too close to its neighbour: readings cannot be told apart." },
  lost_in_track: { word: "Lost in track", sentence: "The controller lost track of this item on the belt." },
  eye_missed: { word: "Eye missed", sentence: "A photo-eye did not see this item pass." },
  unexpected_item: { word: "Unexpected item", sentence: "An item appeared on the belt that was never inducted." },
  observation_gap: {
    word: "Observation gap",
    sentence: "The agent or a device was away while this item passed: evidence is incomplete.",
  },
  image_pending: {
    word: "Image pending",
    sentence:
      "Its CT image is not reviewed yet: released if it is clear before the cut-off, inspected if it does not come.",
  },
  image_alarm: { word: "Image alarm", sentence: "The review boxed something in the image: an officer is to look." },
  image_prohibited: {
    word: "Image: prohibited",
    sentence: "What the image shows is of a category that nobody may release on the screen: it must be opened.",
  },
  image_exception: { word: "Image exception", sentence: "The image cannot be judged: a person must inspect." },
  scan_doubtful: {
    word: "Scan doubtful",
    sentence: "Whose scan it is cannot be told for sure, so it was not relied on.",
  },
  ct_not_ready: {
    word: "CT not ready",
    sentence: "The CT had a fault, was bypassed or its X-ray was off while this item passed.",
  },
  recirculation_limit: { word: "Rescan limit", sentence: "It went round as often as is allowed: to inspection." },
  lane_unavailable: { word: "Lane unavailable", sentence: "The lane it should take is full or out of service." },
  undecided: {
    word: "Undecided",
    sentence: "The cut-off passed without a verdict: the fail-safe sends it to inspection.",
  },
  inspection: { word: "Inspection", sentence: "Customs asks for inspection; your post does not see why." },
};
