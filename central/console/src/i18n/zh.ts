// Every word of the console in Chinese; its shape is the shape of every other language.

import { answer } from "./zh/answer.ts";
import { frame } from "./zh/frame.ts";
import { line } from "./zh/line.ts";
import { passage } from "./zh/passage.ts";
import { reasons } from "./zh/reasons.ts";
import { review } from "./zh/review.ts";

export const zh = { ...frame, ...line, ...passage, ...answer, ...review, reasons };
