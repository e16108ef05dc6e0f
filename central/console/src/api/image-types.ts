// What the central service says of CT images, files and reviews: shapes as its API names them.

import type { PassageRow } from "./types.ts";

export type Outcome = "clear" | "alarm" | "exception";
export type ImageException =
  | "impenetrable"
  | "cut_off"
  | "empty"
  | "out_of_range"
  | "unreadable"
  | "mismatch"
  | "not_reviewed";
export type FindingKind =
  | "firearm"
  | "firearm_part"
  | "ammunition"
  | "blade"
  | "liquid"
  | "powder"
  | "pill"
  | "battery"
  | "pressure_can"
  | "ivory"
  | "bone"
  | "meat"
  | "fruit_seed"
  | "cash"
  | "phone"
  | "computer"
  | "watch"
  | "cosmetic"
  | "dense_metal"
  | "organic_mass"
  | "other";
export type Category = "anomaly" | "contraband" | "explosive" | "pharmaceutical" | "prohibited_item" | "other";
export type Material = "organic" | "mixed" | "metal";
export type ScanDoubt =
  | "missing"
  | "double"
  | "unknown_item"
  | "out_of_window"
  | "incomplete"
  | "length_differs"
  | "mass_differs"
  | "not_telling"
  | "tunnel_doubtful"
  | "late";

/** `box_mm`: x0, y0, z0, x1, y1, z1 from the first voxel's corner; x across, y down, z along the belt. */
export interface Finding {
  kind: FindingKind;
  category: Category;
  score: number; // 0 to 1
  box_mm: [number, number, number, number, number, number];
  material: Material;
  mass_g: number;
}

/** What a reviewer said of one scan. */
export interface ImageReview {
  outcome: Outcome;
  reviewer: string;
  exception: ImageException | null;
  findings: Finding[];
  length_mm: number | null;
  mass_g: number | null;
  model_sha256: string;
  took_ms: number;
  detail: string;
  suspicion: number | null; // probability that the parcel holds something that alarms
}

export interface Scan {
  scan_id: string;
  volumes: string[]; // SHA-256
  review: ImageReview | null;
  doubts: ScanDoubt[];
}

/** Where a file is; "gone": nowhere any more; "none": there never was one. */
export type FileState = "here" | "at_edge" | "fetching";
export type ImageState = FileState | "gone" | "none";

export interface MediaItem {
  sha256: string;
  kind: "volume" | "report" | "still" | "clip";
  part: string;
  media_type: string;
  size: number;
  device: string;
  recorded_at: string;
  flagged: boolean;
  state: FileState;
}

export interface PassageImage {
  state: ImageState;
  shape: [number, number, number] | null; // z, y, x; known once it is here
  spacing_mm: [number, number, number] | null;
  has_low: boolean;
  review: ImageReview | null;
  doubts: ScanDoubt[];
  volumes: { sha256: string; part: string; size: number; state: FileState }[];
  problem: string; // why files that are here cannot be shown
}

/** Why a release by answer would be refused now; "" = it may be tried. */
export type Bar = "" | "prohibited" | "exception" | "not_awaited";

/** Who works on a passage. */
export interface Claim {
  passage_id: string;
  claimed_by: string | null;
  claimed_by_me: boolean;
  claimed_until: string | null;
}

/** A flagged passage in the queue of the review. */
export interface ReviewRow extends PassageRow, Claim {
  remaining_mm: number | null;
  speed_mm_s: number | null;
  outcome: Outcome | null;
  exception: ImageException | null;
  findings: Finding[];
  scan_doubts: ScanDoubt[];
  has_image: boolean;
  release_barred: Bar;
}
