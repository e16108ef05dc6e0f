// The shape every language must have: the Chinese texts' shape, with their words taken out.

import type { zh } from "./zh.ts";

/** Alarm codes are open: a code without words is shown with the sentence that came with it. */
export type AlarmWords = Record<string, string>;

type Words<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { [K in keyof T]: Words<T[K]> };

/** A missing or misspelt key in a language is an error of the compiler. */
export type Messages = Words<typeof zh>;
