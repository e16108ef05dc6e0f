// One door to the service: JSON over the same origin, every failure an ApiError with a code a sentence exists for.

export type FailureKind = "offline" | "signed_out" | "forbidden" | "not_found" | "conflict" | "refused" | "service";

const KINDS: Record<number, FailureKind> = {
  400: "refused",
  401: "signed_out",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  422: "refused",
  429: "refused",
};

/** A request that brought no result: `detail` the service's own sentence, `why` its code, `by` whom it names; or "". */
export class ApiError extends Error {
  readonly kind: FailureKind;
  readonly detail: string;
  readonly why: string;
  readonly by: string;

  constructor(kind: FailureKind, detail = "", why = "", by = "") {
    super(detail || kind);
    this.name = "ApiError";
    this.kind = kind;
    this.detail = detail;
    this.why = why;
    this.by = by;
  }
}

const TIME_LIMIT_MS = 15_000;
const FILE_TIME_LIMIT_MS = 60_000;

type Method = "GET" | "POST" | "DELETE";

async function send(method: Method, path: string, accept: string, limit_ms: number, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (method !== "GET") headers["X-Redpeak"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      keepalive: method === "DELETE", // what is given back on leaving must outlive the page
      signal: AbortSignal.timeout(limit_ms),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError("offline");
  }
  if (response.ok) return response;
  const content = parse(await response.text());
  const [detail, why, by] = ["detail", "why", "by"].map((name) => wordOf(content, name));
  throw new ApiError(KINDS[response.status] ?? "service", detail, why, by);
}

async function ask<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, "application/json", TIME_LIMIT_MS, body);
  return parse(await response.text()) as T;
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function wordOf(content: unknown, name: string): string {
  if (typeof content !== "object" || content === null) return "";
  const word = (content as Record<string, unknown>)[name];
  return typeof word === "string" ? word : "";
}

export const get = <T>(path: string): Promise<T> => ask<T>("GET", path);
export const post = <T>(path: string, body?: unknown): Promise<T> => ask<T>("POST", path, body);
export const remove = (path: string): Promise<null> => ask<null>("DELETE", path);

/** A file: a volume, or a still or clip in the open. */
export const file = async (path: string): Promise<Blob> => (await send("GET", path, "*/*", FILE_TIME_LIMIT_MS)).blob();
export const revealFile = async (path: string, body: unknown): Promise<Blob> =>
  (await send("POST", path, "*/*", FILE_TIME_LIMIT_MS, body)).blob();
