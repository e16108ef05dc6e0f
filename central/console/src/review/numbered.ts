// Findings by their numbers, as boxes, lists and reports name them: their order, from 1.

export const numbered = <T>(list: readonly T[]): { one: T; number: number }[] =>
  list.map((one, index) => ({ one, number: index + 1 }));
