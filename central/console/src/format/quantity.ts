// Quantities as the trade writes them: kg with three decimals, metres with one, money with its currency.

const NONE = "–";
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 620 g → "0.620". The unit stands in the column's head or beside it. */
export const kilograms = (g: number | null | undefined): string => (g == null ? NONE : (g / 1000).toFixed(3));

/** 3240 mm → "3.2"; a distance left is cut, not rounded up, so that it never promises too much. */
export const metres = (mm: number): string => (Math.trunc(mm / 100) / 10).toFixed(1);

/** 2000 mm/s → "2.00". */
export const metresPerSecond = (mm_s: number): string => (mm_s / 1000).toFixed(2);

export const count = (n: number | null | undefined): string => (n == null ? NONE : grouped.format(n));

/** "CNY 168.00"; amounts arrive as numbers or as decimal strings. */
export function money(amount: number | string | null | undefined, currency: string): string {
  const value = typeof amount === "string" ? Number(amount) : amount;
  if (value == null || Number.isNaN(value)) return NONE;
  return `${currency} ${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** Share of one, as a whole percentage: 0.993 → "99 %"; cut, so that 99.9 % never reads as 100. */
export const percent = (share: number): string => `${Math.trunc(share * 100)} %`;

/** By how much weights may differ: grams, or a share of the declared weight; the larger holds. */
export interface Tolerance {
  weight_tolerance_g: number;
  weight_tolerance_share: number;
}

/** Do measured and declared weight agree, by the line's tolerance? */
export function weightsAgree(measured_g: number, declared_g: number, tolerance: Tolerance): boolean {
  const allowed_g = Math.max(tolerance.weight_tolerance_g, declared_g * tolerance.weight_tolerance_share);
  return Math.abs(measured_g - declared_g) <= allowed_g;
}

/** Seconds until `distance_mm` is covered at `speed_mm_s`; null while the belt stands, since it will not end. */
export const secondsLeft = (distance_mm: number, speed_mm_s: number): number | null =>
  speed_mm_s > 0 ? Math.max(0, distance_mm) / speed_mm_s : null;

/** The last four characters of an id: what the line page calls a parcel. */
export const tail = (id: string): string => id.slice(-4).toUpperCase();
