// The one grammar rule English needs here.

export const plural = (n: number | string, one: string, many: string): string =>
  `${n} ${String(n) === "1" ? one : many}`;
