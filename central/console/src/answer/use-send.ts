// Sending an answer: from then on the store says "sent", until the line has ruled.

import { useMutation } from "@tanstack/react-query";

import { post } from "../api/client.ts";
import { takeAnswer } from "../api/live.ts";
import { useMe } from "../api/site.tsx";
import type { Decision, Ruling } from "../api/types.ts";
import type { Credentials } from "./second-officer.tsx";

interface Given {
  reason: string;
  second: Credentials; // empty: one officer signs
}

interface Sent {
  answer_id: string;
  ruling: Ruling;
}

export function useSend(passage_id: string, decision: Decision, done: () => void) {
  const me = useMe();
  return useMutation({
    mutationFn: ({ reason, second }: Given) =>
      post<Sent>(`/api/passages/${encodeURIComponent(passage_id)}/answers`, {
        decision,
        reason,
        ...(second.username ? { second_officer: second } : {}),
      }),
    onSuccess: ({ answer_id, ruling }, { reason }) => {
      takeAnswer({
        answer_id,
        passage_id,
        decision,
        reason,
        ruling,
        officers: [me.display_name],
        issued_at: new Date().toISOString(),
        ruled_at: null,
        position_mm: null,
        detail: "",
      });
      done();
    },
  });
}
