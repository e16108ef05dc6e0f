// The shape every language must have: the Chinese texts' shape, with their words taken out.

import type { zh } from "./zh.ts";

/** The shape of texts: every string free, every function with the same arguments. */
export type Words<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { [K in keyof T]: Words<T[K]> };

/** A missing or misspelt key in a language is an error of the compiler. */
export type Messages = Words<typeof zh>;
