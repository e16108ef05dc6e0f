// Keys of a page: pressed outside of fields, they act at once or open a second step. A dialog takes them all.

import { useEffect, useRef } from "react";

/** What each key does, by `KeyboardEvent.key`; letters in lower case. */
export type KeyMap = Readonly<Record<string, () => void>>;

const FIELDS = "input:not([type=radio]), textarea, select, [contenteditable]";

let dialogs = 0;

/**
 * Keys act while the part using this is shown; in a field or with Ctrl, Alt or Meta they are left alone.
 * While any part of kind "dialog" is shown, those of kind "page" rest.
 */
export function useKeys(map: KeyMap, kind: "page" | "dialog" = "page"): void {
  const latest = useRef(map);
  useEffect(() => {
    latest.current = map;
  });
  useEffect(() => {
    if (kind === "dialog") dialogs += 1;
    const press = (event: KeyboardEvent): void => {
      if (kind === "page" && dialogs > 0) return;
      if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing)
        return;
      if (event.target instanceof Element && event.target.closest(FIELDS)) return;
      const act = latest.current[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => {
      if (kind === "dialog") dialogs -= 1;
      window.removeEventListener("keydown", press);
    };
  }, [kind]);
}
