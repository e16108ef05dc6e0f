// The frame around every page: name, navigation, connection, language, theme, who is signed in.

import { Button } from "antd";
import { useState } from "react";
import { Link, Navigate, NavLink, Outlet, useLocation, useNavigate } from "react-router";

import { post } from "../api/client.ts";
import { useLive } from "../api/live.ts";
import { useMay, useMe, useSite } from "../api/site.tsx";
import { useText } from "../i18n/text.ts";
import { Contained, Empty } from "../marks/states.tsx";
import { ConnectionBar, ConnectionMark } from "./connection.tsx";
import { KeysSheet } from "./keys-page.tsx";
import { useKeys } from "./keys.ts";
import { toggleLanguage, toggleTheme, usePreferences } from "./preferences.ts";

export function Frame() {
  const text = useText();
  const navigate = useNavigate();
  const [keysShown, showKeys] = useState(false);
  const awaiting = useLive((live) => live.awaiting.length);
  const seesLine = useMay("see_line");
  const seesPassages = useMay("see_passages");
  const reviews = useMay("answer");
  const flagged = useLive((live) => live.reviews?.filter((row) => row.closed_at === null).length ?? 0);
  const onImages = useLocation().pathname.startsWith("/review"); // where digits are planes
  useKeys({
    "?": () => showKeys(true),
    ...(onImages
      ? {}
      : {
          "1": () => (seesLine ? void navigate("/line") : undefined),
          "2": () => (seesPassages ? void navigate("/passages") : undefined),
          "3": () => (reviews ? void navigate("/review") : undefined),
        }),
    l: toggleLanguage,
    t: toggleTheme,
  });
  return (
    <div className="frame">
      <a className="skip" href="#content">
        {text.nav.skip}
      </a>
      <header className="head">
        <Link className="brand" to="/">
          <img src="/favicon.svg" alt="" width={22} height={22} />
          {text.product}
        </Link>
        <nav aria-label={text.nav.label}>
          {seesLine ? (
            <NavLink to="/line">
              {text.nav.line}
              {awaiting > 0 ? (
                <b className="nav-count" title={text.answer.title}>
                  {awaiting}
                </b>
              ) : null}
            </NavLink>
          ) : null}
          {reviews ? (
            <NavLink to="/review">
              {text.nav.review}
              {flagged > 0 ? (
                <b className="nav-count" title={text.review.queue}>
                  {flagged}
                </b>
              ) : null}
            </NavLink>
          ) : null}
          {seesPassages ? <NavLink to="/passages">{text.nav.passages}</NavLink> : null}
        </nav>
        <SiteName />
        {seesLine || seesPassages ? <ConnectionMark /> : null}
        <Choices openKeys={() => showKeys(true)} />
      </header>
      {seesLine || seesPassages ? <ConnectionBar /> : null}
      <main id="content">
        <Contained sentence={text.states.crashed}>
          <Outlet />
        </Contained>
      </main>
      {keysShown ? <KeysSheet close={() => showKeys(false)} /> : null}
    </div>
  );
}

function SiteName() {
  const site = useSite();
  const { language } = usePreferences();
  return <span className="site-name">{language === "zh" ? site.name : site.name_en}</span>;
}

/** Signs out and starts afresh: nothing seen under one name stays in memory for the next. */
async function signOut(): Promise<void> {
  await post("/api/logout").catch(() => undefined); // a session that is gone already is signed out as well
  window.location.assign("/");
}

function Choices({ openKeys }: { openKeys: () => void }) {
  const text = useText();
  const me = useMe();
  const { theme } = usePreferences();
  const { header } = text;
  const otherTheme = header.theme[theme === "light" ? "dark" : "light"];
  return (
    <div className="choices">
      <Button
        size="small"
        type="text"
        onClick={toggleLanguage}
        title={header.switchLanguage}
        aria-label={header.switchLanguage}
      >
        {header.otherLanguage}
      </Button>
      <Button size="small" type="text" onClick={toggleTheme} title={header.theme.switchTo(otherTheme)}>
        {otherTheme}
      </Button>
      <Button size="small" type="text" onClick={openKeys}>
        {header.keys} <kbd>?</kbd>
      </Button>
      <span className="me" title={me.organisation}>
        {me.display_name}
      </span>
      <Button size="small" type="text" onClick={() => void signOut()}>
        {header.signOut}
      </Button>
    </div>
  );
}

/** The first page this person may see. */
export function Home() {
  const text = useText();
  const seesLine = useMay("see_line");
  const seesPassages = useMay("see_passages");
  if (seesLine) return <Navigate to="/line" replace />;
  if (seesPassages) return <Navigate to="/passages" replace />;
  return <Empty note={text.states.noPagesNote}>{text.states.noPages}</Empty>;
}

export function NoPage() {
  const text = useText();
  return <Empty note={<Link to="/">{text.states.toStart}</Link>}>{text.states.noPage}</Empty>;
}
