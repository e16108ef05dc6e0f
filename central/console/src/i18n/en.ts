// Every word of the console in English, in the shape of the Chinese.

import { answer } from "./en/answer.ts";
import { frame } from "./en/frame.ts";
import { line } from "./en/line.ts";
import { passage } from "./en/passage.ts";
import { reasons } from "./en/reasons.ts";
import { review } from "./en/review.ts";
import type { Messages } from "./shapes.ts";

export const en: Messages = { ...frame, ...line, ...passage, ...answer, ...review, reasons };
