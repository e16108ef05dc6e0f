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

/** A request that brought no result; `detail` is the service's own sentence and `why` its code, "" if it gave none. */
export class ApiError extends Error {
  readonly kind: FailureKind;
  readonly detail: string;
  readonly why: string;

  constructor(kind: FailureKind, detail = "", why = "") {
    super(detail || kind);
    this.name = "ApiError";
    this.kind = kind;
    this.detail = detail;
    this.why = why;
  }
}

const TIME_LIMIT_MS = 15_000;

async function ask<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Redpeak"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError("offline");
  }
  const text = await response.text();
  const content = parse(text);
  if (!response.ok)
    throw new ApiError(KINDS[response.status] ?? "service", wordOf(content, "detail"), wordOf(content, "why"));
  return content as T;
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
