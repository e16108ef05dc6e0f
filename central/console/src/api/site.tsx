// The site and the person signed in: read once, given to everything below.

import { createContext, useContext, useMemo, type ReactNode } from "react";

import type { Me, Site, SiteLine } from "./types.ts";

interface Given {
  me: Me;
  site: Site;
}

const SiteContext = createContext<Given | null>(null);

export function SiteProvider({ me, site, children }: Given & { children: ReactNode }) {
  const given = useMemo(() => ({ me, site }), [me, site]);
  return <SiteContext value={given}>{children}</SiteContext>;
}

function useGiven(): Given {
  const given = useContext(SiteContext);
  if (given === null) throw new Error("used outside of SiteProvider");
  return given;
}

export const useMe = (): Me => useGiven().me;
export const useSite = (): Site => useGiven().site;
export const useMay = (permission: string): boolean => useGiven().me.permissions.includes(permission);

export const useLine = (id: string): SiteLine | undefined => useGiven().site.lines.find((line) => line.id === id);
