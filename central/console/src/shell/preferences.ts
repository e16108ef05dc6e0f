// What this person prefers on this machine: language and theme, kept in the browser, changed without a reload.

import { useSyncExternalStore } from "react";

export type Language = "zh" | "en";
export type Theme = "light" | "dark";

export interface Preferences {
  language: Language;
  theme: Theme;
}

const KEY = "redpeak.preferences";
const DEFAULTS: Preferences = { language: "zh", theme: "light" };

let current = read();
const listeners = new Set<() => void>();

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    return {
      language: kept.language === "en" ? "en" : DEFAULTS.language,
      theme: kept.theme === "dark" ? "dark" : DEFAULTS.theme,
    };
  } catch {
    return DEFAULTS;
  }
}

export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // storage may be forbidden: the choice then lasts as long as the page
  }
  for (const tell of listeners) tell();
}

export const toggleLanguage = (): void => prefer({ language: current.language === "zh" ? "en" : "zh" });
export const toggleTheme = (): void => prefer({ theme: current.theme === "light" ? "dark" : "light" });

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, () => current);
