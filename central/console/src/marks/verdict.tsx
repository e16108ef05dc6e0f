// A verdict in a word: mark, colour and the word itself; optionally with the lane it names.

import { useText } from "../i18n/text.ts";
import { RoleMark } from "./role-mark.tsx";
import type { Standing } from "./standing.ts";

export function Verdict({ role, lane }: { role: Standing | null | undefined; lane?: string | undefined }) {
  const text = useText();
  return (
    <span className={`verdict role-${role ?? "none"}`} title={role === "image" ? text.role.image.lane : undefined}>
      <RoleMark role={role} />
      <b>{text.role[role ?? "none"].word}</b>
      {lane ? <span className="verdict-lane">{lane}</span> : null}
    </span>
  );
}
