// The console as a whole: language, theme, who is signed in, the site, the live stream, and the pages by URL.

import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { createBrowserRouter, RouterProvider } from "react-router";

import { openStream } from "./api/live.ts";
import { keys, queries, useSignedIn, useSiteQuery } from "./api/queries.ts";
import { SiteProvider } from "./api/site.tsx";
import type { Me, Site } from "./api/types.ts";
import { useText } from "./i18n/text.ts";
import { LinePage } from "./line/line-page.tsx";
import { Failed, Reading } from "./marks/states.tsx";
import { Frame, Home, NoPage } from "./shell/frame.tsx";
import { LoginPage } from "./shell/login-page.tsx";
import { Themed } from "./shell/theme.tsx";

const SearchPage = lazy(() => import("./passages/search-page.tsx"));
const ReviewPage = lazy(() => import("./review/review-page.tsx"));
const PassagePage = lazy(() => import("./passage/passage-page.tsx"));

const router = createBrowserRouter([
  {
    element: <Frame />,
    children: [
      { path: "/", element: <Home /> },
      { path: "/line/:line?", element: <LinePage /> },
      { path: "/review/:passage?", element: <ReviewPage /> },
      { path: "/passages", element: <SearchPage /> },
      { path: "/passages/:passage", element: <PassagePage /> },
      { path: "*", element: <NoPage /> },
    ],
  },
]);

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Themed>
        <Entrance />
      </Themed>
    </QueryClientProvider>
  );
}

/** Login in place of the page asked for: its URL stays, and it opens after signing in. */
function Entrance() {
  const text = useText();
  const me = useSignedIn();
  const site = useSiteQuery(Boolean(me.data));
  if (me.isPending) return <Reading what={text.line.site} />;
  if (me.isError) return <Failed what={text.line.site} error={me.error} retry={() => void me.refetch()} />;
  if (me.data === null) return <LoginPage />;
  if (site.isPending) return <Reading what={text.line.site} />;
  if (site.isError) return <Failed what={text.line.site} error={site.error} retry={() => void site.refetch()} />;
  return <House key={me.data.username} me={me.data} site={site.data} />;
}

function House({ me, site }: { me: Me; site: Site }) {
  const text = useText();
  useEffect(() => {
    const may = (permission: string): boolean => me.permissions.includes(permission);
    const seen = {
      lines: may("see_line") ? site.lines.map((line) => line.id) : [],
      passages: may("see_passages"),
      reviews: may("answer"),
      figures: may("see_figures"),
      alarms: may("see_alarms"),
    };
    if (!Object.values(seen).some((part) => (Array.isArray(part) ? part.length > 0 : part))) return undefined;
    return openStream(seen, {
      passageChanged: (id) => void queries.invalidateQueries({ queryKey: keys.passage(id) }),
      filesChanged: (id) => {
        void queries.invalidateQueries({ queryKey: keys.image(id) });
        void queries.invalidateQueries({ queryKey: keys.passage(id) });
      },
      everythingChanged: () => {
        for (const kind of ["passage", "image"]) void queries.invalidateQueries({ queryKey: [kind] });
      },
      sessionDoubted: () => void queries.invalidateQueries({ queryKey: keys.me }),
    });
  }, [site, me]);
  return (
    <SiteProvider me={me} site={site}>
      <Suspense fallback={<Reading what={text.product} />}>
        <RouterProvider router={router} />
      </Suspense>
    </SiteProvider>
  );
}
