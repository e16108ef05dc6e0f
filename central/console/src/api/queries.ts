// What screens ask the service for, and the names under which the answers are kept.

import { QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { ApiError, get } from "./client.ts";
import type { Me, PassageList, PassagePage, Site } from "./types.ts";

/** Asks again only where asking again can help. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      networkMode: "always",
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.kind === "offline",
    },
    mutations: { networkMode: "always", retry: false },
  },
});

export const keys = {
  me: ["me"] as const,
  site: ["site"] as const,
  passage: (id: string) => ["passage", id] as const,
  passages: (search: string) => ["passages", search] as const,
};

/** The person signed in; null when nobody is. */
export const useSignedIn = () =>
  useQuery({
    queryKey: keys.me,
    queryFn: async (): Promise<Me | null> => {
      try {
        return await get<Me>("/api/me");
      } catch (error) {
        if (error instanceof ApiError && error.kind === "signed_out") return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });

export const useSiteQuery = (enabled: boolean) =>
  useQuery({ queryKey: keys.site, queryFn: () => get<Site>("/api/site"), staleTime: Infinity, enabled });

export const usePassage = (id: string) =>
  useQuery({ queryKey: keys.passage(id), queryFn: () => get<PassagePage>(`/api/passages/${encodeURIComponent(id)}`) });

export const PAGE = 50;

/** Passages page by page, newest first; `search` is the filters' part of the URL. */
export const usePassages = (search: string) =>
  useInfiniteQuery({
    queryKey: keys.passages(search),
    queryFn: ({ pageParam }) => {
      const asked = new URLSearchParams(search);
      asked.set("limit", String(PAGE));
      if (pageParam) asked.set("before", pageParam);
      return get<PassageList>(`/api/passages?${asked}`);
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
