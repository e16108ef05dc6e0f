// What screens ask the service for, and the names under which the answers are kept.

import { QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { ApiError, get, post } from "./client.ts";
import type { PassageImage } from "./image-types.ts";
import type { Me, PassageList, PassagePage, PassageSearch, Site } from "./types.ts";

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
  image: (id: string) => ["image", id] as const,
  volume: (id: string) => ["volume", id] as const,
  passages: (search: PassageSearch) => ["passages", search] as const,
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

export const passagePath = (id: string): string => `/api/passages/${encodeURIComponent(id)}`;

/** A passage; asked again while an answer to it is on its way, since that the line stays silent is no event. */
export const usePassage = (id: string, enabled = true) =>
  useQuery({
    queryKey: keys.passage(id),
    queryFn: () => get<PassagePage>(passagePath(id)),
    enabled,
    refetchInterval: ({ state }) =>
      state.data?.answers.some((answer) => answer.ruling === "sent") ? UNRULED_MS : false,
  });

const ON_ITS_WAY_MS = 4_000;

/** A passage's image: where it is and what was found; asked again while it is on its way. */
export const useImage = (id: string, enabled = true) =>
  useQuery({
    queryKey: keys.image(id),
    queryFn: () => get<PassageImage>(`${passagePath(id)}/image`),
    enabled,
    refetchInterval: ({ state }) => (state.data?.state === "fetching" ? ON_ITS_WAY_MS : false),
  });

export const PAGE = 50;
const UNRULED_MS = 15_000;

/** Passages page by page, newest first. */
export const usePassages = (search: PassageSearch) =>
  useInfiniteQuery({
    queryKey: keys.passages(search),
    queryFn: ({ pageParam }) =>
      post<PassageList>("/api/passages/search", { ...search, limit: PAGE, before: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
