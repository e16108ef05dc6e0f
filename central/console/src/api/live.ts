// What is live: one event stream for the whole console, and the small store every live screen reads from.

import { useSyncExternalStore } from "react";

import { merge } from "../line/fresh.ts";
import { followed, type LineReport } from "../line/report.ts";
import { get } from "./client.ts";
import type { Claim, ReviewRow } from "./image-types.ts";
import type { Alarm, Answer, Figures, LineState, PassageList, PassageRow } from "./types.ts";

/** `since`: when the stream became what it is, as an ISO time of this browser's clock. */
export interface Connection {
  status: "connecting" | "live" | "reconnecting";
  since: string;
}

export interface Live {
  connection: Connection;
  loaded: boolean; // rows hold what the service knew at the last refetch
  lines: Readonly<Record<string, LineReport>>;
  rows: readonly PassageRow[]; // newest first
  awaiting: readonly PassageRow[]; // newest first
  reviews: readonly ReviewRow[] | null; // the queue as the service sorts it; null: not known yet
  answers: Readonly<Record<string, Answer>>; // the latest answer by passage
  lastAnswer: Answer | null;
  figures: Figures | null;
  alarms: readonly Alarm[];
}

const ROWS = 300;
const FIRST_ROWS = 100;
const ALARMS = 50;
const AWAITING = 100;
const QUEUE_MS = 300;

const EMPTY: Live = {
  connection: { status: "connecting", since: new Date().toISOString() },
  loaded: false,
  lines: {},
  rows: [],
  awaiting: [],
  reviews: null,
  answers: {},
  lastAnswer: null,
  figures: null,
  alarms: [],
};

let current: Live = EMPTY;
const listeners = new Set<() => void>();

function change(next: Partial<Live>): void {
  current = { ...current, ...next };
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A part of what is live; `pick` must return a part of the store, not something made anew. */
export function useLive<T>(pick: (live: Live) => T): T {
  return useSyncExternalStore(subscribe, () => pick(current));
}

function status(value: Connection["status"]): void {
  if (current.connection.status !== value) change({ connection: { status: value, since: new Date().toISOString() } });
}

/** What an open stream does with the rest of the page. */
export interface Watchers {
  passageChanged: (passage_id: string) => void;
  filesChanged: (passage_id: string) => void;
  everythingChanged: () => void;
  sessionDoubted: () => void;
}

/** What this person may see; what they may not is not asked for. */
export interface May {
  lines: readonly string[];
  passages: boolean;
  reviews: boolean;
  figures: boolean;
  alarms: boolean;
}

/** Opens the stream; the result closes it and forgets everything seen. */
export function openStream(may: May, watchers: Watchers): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  let queueDue: ReturnType<typeof setTimeout> | undefined;

  /** Events carry rows without findings: the queue is read again, not more often than is needed. */
  const queueChanged = (): void => {
    if (!may.reviews) return;
    queueDue ??= setTimeout(() => {
      queueDue = undefined;
      void readQueue().catch(() => undefined); // the next event or reset asks again
    }, QUEUE_MS);
  };

  const refetch = (): void => {
    const asked = [
      may.passages &&
        get<PassageList>(`/api/passages?limit=${FIRST_ROWS}`).then((list) =>
          change({ rows: list.items, loaded: true }),
        ),
      may.reviews && readQueue(),
      may.figures && get<Figures>("/api/figures/today").then((figures) => change({ figures })),
      may.alarms && get<Alarm[]>("/api/alarms").then((alarms) => change({ alarms })),
      ...may.lines.map((line) => get<LineState>(`/api/lines/${line}/state`).then((state) => takeLine(line, state))),
    ];
    void Promise.allSettled(asked); // what fails is shown as missing, and asked for again with the next reset
    watchers.everythingChanged();
  };

  const connect = (): void => {
    source = new EventSource("/api/events");
    source.addEventListener("open", () => {
      status("live");
      refetch();
    });
    source.addEventListener("error", () => {
      status("reconnecting");
      if (source?.readyState !== EventSource.CLOSED || closed) return;
      watchers.sessionDoubted(); // the service refused the stream: signed out, or not ready yet
      retry = setTimeout(connect, 3_000);
    });
    const on = <T>(name: string, take: (value: T) => void): void =>
      source?.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data) as T));
    on<PassageRow>("passage", (row) => {
      takePassage(row);
      if (concernsQueue(row)) queueChanged();
      watchers.passageChanged(row.passage_id);
    });
    on<Claim>("claim", takeClaim);
    on<{ passage_id: string }>("media", ({ passage_id }) => {
      if (current.reviews?.some((row) => row.passage_id === passage_id)) queueChanged();
      watchers.filesChanged(passage_id);
    });
    on<{ line: string; state: LineState }>("line", ({ line, state }) => takeLine(line, state));
    on<Answer>("answer", (answer) => {
      takeAnswer(answer);
      queueChanged();
      watchers.passageChanged(answer.passage_id);
    });
    on<Alarm>("alarm", (alarm) => change({ alarms: [alarm, ...current.alarms].slice(0, ALARMS) }));
    on<Figures>("figures", (figures) => change({ figures }));
    on("reset", refetch);
  };

  connect();
  return () => {
    closed = true;
    clearTimeout(retry);
    clearTimeout(queueDue);
    source?.close();
    change(EMPTY);
  };
}

async function readQueue(): Promise<void> {
  const rows = await get<ReviewRow[]>("/api/reviews");
  const waiting = rows.filter((row) => row.awaiting_answer && row.closed_at === null);
  change({ reviews: rows, awaiting: merge([], waiting, AWAITING) });
}

function takeLine(line: string, state: LineState): void {
  change({ lines: { ...current.lines, [line]: followed(current.lines[line], state, performance.now()) } });
}

function takePassage(row: PassageRow): void {
  const others = current.awaiting.filter((other) => other.passage_id !== row.passage_id);
  const waits = row.awaiting_answer && row.closed_at === null;
  change({
    rows: merge(current.rows, [row], ROWS),
    awaiting: waits
      ? merge(others, [row], AWAITING)
      : others.length === current.awaiting.length
        ? current.awaiting
        : others,
  });
}

/** Whether the queue must be read again: the row is in it, or should be. */
const concernsQueue = (row: PassageRow): boolean =>
  row.awaiting_answer ||
  row.image_outcome === "alarm" ||
  row.image_outcome === "exception" ||
  Boolean(current.reviews?.some((other) => other.passage_id === row.passage_id));

/** Who works on a passage now: told by the service, or known here first. */
export function takeClaim(claim: Claim): void {
  if (!current.reviews?.some((row) => row.passage_id === claim.passage_id)) return;
  change({ reviews: current.reviews.map((row) => (row.passage_id === claim.passage_id ? { ...row, ...claim } : row)) });
}

/** An answer given here or elsewhere; a ruling replaces "sent", never the other way round, whichever comes first. */
export function takeAnswer(answer: Answer): void {
  if (answer.ruling === "sent" && current.answers[answer.passage_id]?.answer_id === answer.answer_id) return;
  change({ answers: { ...current.answers, [answer.passage_id]: answer }, lastAnswer: answer });
}
