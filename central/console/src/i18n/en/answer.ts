// Answering a passage and asking for personal data in full, in English.

import type { Words } from "../shapes.ts";
import type { answer as chinese } from "../zh/answer.ts";

export const answer: Words<typeof chinese> = {
  reveal: {
    button: "Show in full",
    title: "Show personal data",
    note: "Recipient, phone, address, identity and waybill numbers will be shown in full. The reason, your name and the time are recorded.",
    reason: "Reason",
    presets: ["Compare the label", "Open inspection", "Contact the recipient", "Verify the declaration"],
    other: "Another reason",
    confirm: "Record and show",
    working: "Recording…",
    codes: "Codes as read",
    shown: (time) => `Shown in full, recorded ${time}. Leaving this page masks it again.`,
    hide: "Mask again",
    denied: "Your post may not see personal data in full.",
  },
  answer: {
    title: "Awaiting answer",
    none: "Nothing awaits an answer",
    left: "left",
    atSpeed: (seconds) => `${seconds} s at this speed`,
    standing: "belt stands, no countdown",
    passed: "past the cut-off",
    notOnBelt: "place unknown",
    release: "Release",
    stop: "Stop",
    denied: "Your post may not answer",
    openItem: "Open",
    dialogTitle: (decision, tail) => `${decision} ${tail}`,
    reason: "Reason",
    reasonNeeded: "Choose a reason or write one.",
    other: "Another reason",
    presets: {
      release: ["Papers checked", "Image shows nothing", "Instruction lifted", "Label matches the goods"],
      stop: ["Image suspicious", "Declaration suspicious", "Control instruction", "Must be opened"],
    },
    next: "Next",
    confirmStep: (decision) => `Once more: ${decision}`,
    confirmNote: "The answer is recorded in your name. The line rules whether it beats the cut-off.",
    confirm: (decision) => `Confirm: ${decision}`,
    sending: "Sending…",
    secondOfficer: "Second officer",
    twoNeeded:
      "A control instruction, a customs hold or another officer's stop stands: a second officer has to sign the release.",
    secondWrong: "The second officer's name or password is wrong, or the account is locked for a while.",
    lineAway: "The line cannot be reached now: the answer was not sent, and the item goes as decided.",
    notAwaiting: "This item no longer awaits an answer: it is past the cut-off, or somebody else answered.",
    ruling: {
      sent: "Sent, the line is to rule",
      accepted: "Accepted by the line",
      too_late: "Too late, past the cut-off",
      not_open: "No longer on the line",
      refused: "Refused by the line",
    },
    by: (officers, time) => `${officers}, ${time}`,
    at: (m) => `ruled at ${m} m`,
    last: "Last answer",
    stale: "The screen is behind: the distance is not reliable",
  },
};
