// Taking a case: claimed while it is open here, renewed, given back on leaving; two officers never hold one.

import { useEffect, useState } from "react";

import { ApiError, post, remove } from "../api/client.ts";
import { takeClaim } from "../api/live.ts";
import { useMe } from "../api/site.tsx";

const RENEW_MS = 20_000;

/** `held`: it is ours. `other`: whose it is. `failed`: the service did not answer; asked again by itself. */
export type ClaimState = { kind: "none" | "asking" | "held" | "failed" } | { kind: "other"; by: string };

interface Claimed {
  passage_id: string;
  officer: string;
  until: string;
}

/** Claims while `wanted`; refused, it is asked for again each time it would be renewed. */
export function useClaim(passage_id: string, wanted: boolean): ClaimState {
  const me = useMe();
  const [state, set] = useState<ClaimState>({ kind: "asking" });
  useEffect(() => {
    if (!wanted) return undefined;
    const path = `/api/reviews/${encodeURIComponent(passage_id)}/claim`;
    let left = false;
    let held = false;
    const ask = async (): Promise<void> => {
      try {
        const { until } = await post<Claimed>(path);
        held = true;
        if (left) return;
        set({ kind: "held" });
        takeClaim({ passage_id, claimed_by: me.display_name, claimed_by_me: true, claimed_until: until });
      } catch (error) {
        held = false;
        if (left) return;
        const refused = error instanceof ApiError && error.why === "claimed";
        set(refused ? { kind: "other", by: error.by } : { kind: "failed" });
      }
    };
    const giveBack = (): void => {
      if (held) void remove(path).catch(() => undefined); // it runs out by itself
    };
    let asked = ask();
    const timer = setInterval(() => (asked = ask()), RENEW_MS);
    window.addEventListener("pagehide", giveBack);
    return () => {
      left = true;
      clearInterval(timer);
      window.removeEventListener("pagehide", giveBack);
      void asked.then(giveBack);
    };
  }, [passage_id, wanted, me]);
  return wanted ? state : NOT_WANTED;
}

const NOT_WANTED: ClaimState = { kind: "none" };
