// A verdict in a word: mark, colour and the word itself; optionally with the lane it names.

import type { LaneRole } from "../api/types.ts";
import { useText } from "../i18n/text.ts";
import { RoleMark } from "./role-mark.tsx";

export function Verdict({ role, lane }: { role: LaneRole | null | undefined; lane?: string | undefined }) {
  const text = useText();
  return (
    <span className={`verdict role-${role ?? "none"}`}>
      <RoleMark role={role} />
      <b>{text.role[role ?? "none"].word}</b>
      {lane ? <span className="verdict-lane">{lane}</span> : null}
    </span>
  );
}
